import {
  DeleteParametersCommand,
  DescribeParametersCommand,
  GetParameterCommand,
  GetParameterHistoryCommand,
  GetParametersByPathCommand,
  GetParametersCommand,
  LabelParameterVersionCommand,
  ListTagsForResourceCommand,
  PutParameterCommand,
  type PutParameterCommandInput,
  SSMClient,
} from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";

let cloud: TestCloud;
let client: SSMClient;
beforeAll(async () => {
  cloud = await startCloud({ strict: true });
  client = new SSMClient(cloud.clientConfig);
});
afterAll(async () => {
  client.destroy();
  await cloud.stop();
});

const put = (Name: string, Value: string, more: Partial<PutParameterCommandInput> = {}) =>
  client.send(new PutParameterCommand({ Name, Value, Type: "String", ...more }));
const get = async (Name: string, WithDecryption = false) =>
  (await client.send(new GetParameterCommand({ Name, WithDecryption }))).Parameter;

// assumed: texts as AWS's clients report them, https://github.com/boto/boto3/issues/1499
it("names that cannot be are refused with AWS's text, when made and when asked for", async () => {
  const refusal = {
    name: "ValidationException",
    message: `Parameter name: can't be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_`,
  };
  for (const name of ["a b", "{test}-test", "/ssm/x", "/a/"]) {
    await expect(put(name, "1")).rejects.toMatchObject(refusal);
    await expect(get(name)).rejects.toMatchObject(refusal);
  }
  await expect(put("a/b", "1")).rejects.toMatchObject({ message: "Parameter name must be a fully qualified name." });
});

// documented: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
describe("parameters", () => {
  it("grow a version each time they are overwritten, and keep their history", async () => {
    expect(await put("/app/a", "1")).toMatchObject({ Version: 1, Tier: "Standard" });
    await expect(put("/app/a", "2")).rejects.toMatchObject({ name: "ParameterAlreadyExists" });
    expect(await put("/app/a", "2", { Overwrite: true })).toMatchObject({ Version: 2 });
    expect(await get("/app/a")).toMatchObject({
      Value: "2",
      Version: 2,
      ARN: "arn:aws:ssm:us-east-1:000000000000:parameter/app/a",
      DataType: "text",
    });
    expect(await get("/app/a:1")).toMatchObject({ Value: "1", Selector: ":1" });
    await expect(get("/app/a:9")).rejects.toMatchObject({ name: "ParameterVersionNotFound" });
    await expect(get("/app/none")).rejects.toMatchObject({ name: "ParameterNotFound" });
    const history = await client.send(new GetParameterHistoryCommand({ Name: "/app/a" }));
    expect(history.Parameters?.map(({ Value }) => Value)).toEqual(["1", "2"]);
  });

  it("are refused with reserved names, empty levels, and values over their tier's size", async () => {
    await expect(put("/aws/x", "1")).rejects.toMatchObject({ name: "AccessDeniedException" });
    await expect(put("a/b", "1")).rejects.toMatchObject({ name: "ValidationException" });
    await expect(put("/a//b", "1")).rejects.toMatchObject({ name: "ValidationException" });
    await expect(put("/big", "x".repeat(4097))).rejects.toThrow(/Standard tier/);
    expect(await put("/big", "x".repeat(4097), { Tier: "Intelligent-Tiering" })).toMatchObject({ Tier: "Advanced" });
    await expect(put("/pattern", "abc", { AllowedPattern: "^\\d+$" })).rejects.toMatchObject({ name: "ParameterPatternMismatchException" });
  });

  it("are encrypted by KMS when they are secure", async () => {
    await put("/app/secret", "s3cret", { Type: "SecureString" });
    expect((await get("/app/secret"))?.Value).not.toContain("s3cret");
    expect((await get("/app/secret", true))?.Value).toBe("s3cret");
  });

  it("tell the default bus of changes", async () => {
    await put("/told", "1");
    const events = cloud.cloud.timeline.read({ source: "aws.ssm", resource: "parameter/told" });
    expect(events).toMatchObject([{ type: "Parameter Store Change", bus: true, detail: { operation: "Create", name: "/told" } }]);
  });
});

// documented: https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-hierarchies.html
describe("hierarchies", () => {
  it("are read one level or all levels down, in pages", async () => {
    for (const name of ["/h/a", "/h/b", "/h/c/d", "/hx"]) await put(name, name, { Tags: [{ Key: "k", Value: name }] });
    const names = async (input: object) =>
      (await client.send(new GetParametersByPathCommand({ Path: "/h", ...input }))).Parameters?.map(({ Name }) => Name);
    expect(await names({})).toEqual(["/h/a", "/h/b"]);
    expect(await names({ Recursive: true })).toEqual(["/h/a", "/h/b", "/h/c/d"]);
    const first = await client.send(new GetParametersByPathCommand({ Path: "/h/", MaxResults: 1 }));
    expect(await names({ NextToken: first.NextToken })).toEqual(["/h/b"]);
    const several = await client.send(new GetParametersCommand({ Names: ["/h/a", "/nope"] }));
    expect(several).toMatchObject({ Parameters: [{ Name: "/h/a" }], InvalidParameters: ["/nope"] });
    const described = await client.send(
      new DescribeParametersCommand({ ParameterFilters: [{ Key: "Path", Option: "Recursive", Values: ["/h"] }] }),
    );
    expect(described.Parameters).toHaveLength(3);
    const tags = await client.send(new ListTagsForResourceCommand({ ResourceType: "Parameter", ResourceId: "/h/a" }));
    expect(tags.TagList).toEqual([{ Key: "k", Value: "/h/a" }]);
    const deleted = await client.send(new DeleteParametersCommand({ Names: ["/hx", "/nope"] }));
    expect(deleted).toMatchObject({ DeletedParameters: ["/hx"], InvalidParameters: ["/nope"] });
  });
});

// documented: https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-labels.html
describe("labels", () => {
  it("select a version and move to another", async () => {
    await put("/l", "1");
    await put("/l", "2", { Overwrite: true });
    const label = (ParameterVersion: number) =>
      client.send(new LabelParameterVersionCommand({ Name: "/l", ParameterVersion, Labels: ["live", "1bad"] }));
    expect((await label(1)).InvalidLabels).toEqual(["1bad"]);
    expect((await get("/l:live"))?.Value).toBe("1");
    await label(2);
    expect((await get("/l:live"))?.Value).toBe("2");
  });
});
