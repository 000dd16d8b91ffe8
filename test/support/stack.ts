import { expect } from "vitest";
import type { TestCloud } from "./cloud.ts";

const NAME = "s";

/** One stack, brought to a template and away again by a test of a service's resource types. */
export class TestStack {
  readonly #cloud: () => TestCloud;

  /** The cloud may be started after this is made. */
  constructor(cloud: () => TestCloud) {
    this.#cloud = cloud;
  }

  /** Brings the stack to a template, and answers its outputs by name. */
  async deploy(
    operation: "CreateStack" | "UpdateStack",
    Resources: object,
    outputs: Readonly<Record<string, unknown>> = {},
  ): Promise<Record<string, string>> {
    const { ctx } = this.#cloud();
    const Outputs = Object.fromEntries(Object.entries(outputs).map(([name, Value]) => [name, { Value }]));
    await ctx.call("cloudformation", operation, { StackName: NAME, TemplateBody: JSON.stringify({ Resources, Outputs }) });
    await this.#cloud().cloud.clock.advance(60_000);
    const stack = (await ctx.call("cloudformation", "DescribeStacks", { StackName: NAME })).Stacks?.[0];
    expect(stack?.StackStatus).toBe(operation === "CreateStack" ? "CREATE_COMPLETE" : "UPDATE_COMPLETE");
    return Object.fromEntries((stack?.Outputs ?? []).map(({ OutputKey = "", OutputValue = "" }) => [OutputKey, OutputValue]));
  }

  async destroy(): Promise<void> {
    await this.#cloud().ctx.call("cloudformation", "DeleteStack", { StackName: NAME });
    await this.#cloud().cloud.clock.advance(60_000);
  }
}
