import { describe, expect, it } from "vitest";
import type { Context } from "../aws/context.ts";
import type { AnyService } from "../aws/service.ts";
import { serviceMetas } from "../models/services.ts";
import { createDispatcher } from "./dispatch.ts";
import { watchInput } from "./watch-input.ts";

const operations = serviceMetas()["sts"]?.operations ?? [];
const ctx = {} as Context;

function sts(change: Partial<AnyService> = {}): AnyService {
  const rest = operations.filter((name) => name !== "GetCallerIdentity");
  return { id: "sts", operations: { GetCallerIdentity: () => ({ Account: "1" }) }, notImplemented: rest, ...change };
}

describe("wiring", () => {
  it("holds when every operation is handled or declared", async () => {
    expect(await createDispatcher([sts()]).invoke(ctx, "sts", "GetCallerIdentity", {})).toEqual({ Account: "1" });
  });

  it.each([
    ["leaves an operation out", sts({ notImplemented: [] }), /sts: neither handled nor declared not implemented: .*AssumeRole/],
    ["declares what it handles", sts({ notImplemented: operations }), /sts: handled and declared not implemented: GetCallerIdentity/],
    [
      "handles what nobody knows",
      sts({ notImplemented: [...(sts().notImplemented ?? []), "Conjure"] }),
      /sts: unknown to the schema: Conjure/,
    ],
    ["is partial where it is nothing", sts({ partial: { AssumeRole: "x" } }), /declared partial without a handler: AssumeRole/],
    ["has no schema", { id: "nothing", operations: {}, notImplemented: [] }, /nothing: no such service/],
  ])("fails for a service that %s", (_name, service, message) => {
    expect(() => createDispatcher([service])).toThrow(message);
  });

  it("fails for a service that is there twice", () => {
    expect(() => createDispatcher([sts(), sts()])).toThrow(/listed twice/);
  });

  it("refuses honestly what is not there", async () => {
    const dispatcher = createDispatcher([sts()]);
    await expect(dispatcher.invoke(ctx, "sts", "AssumeRole", {})).rejects.toMatchObject({
      code: "NotImplemented",
      status: 501,
      message: /^sts:AssumeRole /,
    });
    await expect(dispatcher.invoke(ctx, "s3", "ListBuckets", {})).rejects.toMatchObject({ code: "NotImplemented" });
  });
});

describe("strict mode", () => {
  it("knows which members were not looked at", () => {
    const { input, unread } = watchInput({ A: 1, B: 2, C: undefined, D: 4 });
    void input["A"];
    const { D: _d } = input;
    expect(unread()).toEqual(["B"]);
  });
});
