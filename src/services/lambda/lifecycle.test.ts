import { createHash } from "node:crypto";
import {
  AddPermissionCommand,
  CreateAliasCommand,
  CreateFunctionCommand,
  DeleteFunctionCommand,
  GetFunctionCommand,
  GetLayerVersionCommand,
  GetPolicyCommand,
  ListAliasesCommand,
  ListFunctionsCommand,
  ListVersionsByFunctionCommand,
  PublishLayerVersionCommand,
  PublishVersionCommand,
  PutFunctionConcurrencyCommand,
  RemovePermissionCommand,
  type Runtime,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LambdaTest, ROLE } from "../../../test/support/lambda.ts";
import { optMount } from "../../runtime/processes/host.ts";
import { writeZip } from "../../runtime/processes/zip.ts";

let it: LambdaTest;
beforeAll(async () => {
  it = await LambdaTest.start();
});
afterAll(() => it.cloud.stop());

const answering = (value: string): string => `exports.handler = async () => ${JSON.stringify(value)};`;
const zipOf = (value: string): Buffer => writeZip({ "index.js": answering(value) });

describe("functions", () => {
  test("creation goes through Pending, and the code's hash is the archive's", async () => {
    const ZipFile = zipOf("x");
    const made = await it.client.send(
      new CreateFunctionCommand({
        FunctionName: "made",
        Role: ROLE,
        Runtime: "nodejs24.x" as Runtime,
        Handler: "index.handler",
        Code: { ZipFile },
      }),
    );
    // documented: https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
    expect(made).toMatchObject({
      State: "Pending",
      StateReasonCode: "Creating",
      Version: "$LATEST",
      Timeout: 3,
      MemorySize: 128,
      PackageType: "Zip",
    });
    expect(made.CodeSha256).toBe(createHash("sha256").update(ZipFile).digest("base64"));
    await it.idle();
    const { Configuration, Code } = await it.client.send(new GetFunctionCommand({ FunctionName: "made" }));
    expect(Configuration).toMatchObject({ State: "Active", LastUpdateStatus: "Successful" });
    const download = await fetch(Code?.Location ?? "");
    expect(Buffer.from(await download.arrayBuffer())).toEqual(ZipFile);
  });

  test("a name is taken once, a missing role and broken code are refused", async () => {
    const input = {
      FunctionName: "made",
      Role: ROLE,
      Runtime: "nodejs24.x" as Runtime,
      Handler: "index.handler",
      Code: { ZipFile: zipOf("x") },
    };
    // assumed: texts as AWS's clients report them, e.g. https://github.com/hashicorp/terraform/issues/15929
    await expect(it.client.send(new CreateFunctionCommand(input))).rejects.toMatchObject({
      name: "ResourceConflictException",
      message: "Function already exist: made",
    });
    const other = { ...input, FunctionName: "other" };
    await expect(it.client.send(new CreateFunctionCommand({ ...other, Role: `${ROLE}-none` }))).rejects.toMatchObject({
      message: "The role defined for the function cannot be assumed by Lambda.",
    });
    await expect(it.client.send(new CreateFunctionCommand({ ...other, Code: { ZipFile: Buffer.from("no zip") } }))).rejects.toMatchObject({
      name: "InvalidParameterValueException",
      message: "Could not unzip uploaded file. Please check your file, then try to upload again.",
    });
    await expect(it.client.send(new GetFunctionCommand({ FunctionName: "other" }))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      message: "Function not found: arn:aws:lambda:us-east-1:000000000000:function:other",
    });
  });

  test("an update replaces the running code, and an old RevisionId is refused", async () => {
    await it.create("updated", answering("before"));
    expect((await it.call("updated")).answer).toBe("before");
    const changed = await it.client.send(new UpdateFunctionCodeCommand({ FunctionName: "updated", ZipFile: zipOf("after") }));
    expect(changed.LastUpdateStatus).toBe("InProgress");
    await it.idle();
    expect((await it.call("updated")).answer).toBe("after");
    const stale = new UpdateFunctionConfigurationCommand({
      FunctionName: "updated",
      Timeout: 5,
      RevisionId: "11111111-1111-4111-8111-111111111111",
    });
    // documented: https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionConfiguration.html
    await expect(it.client.send(stale)).rejects.toMatchObject({ name: "PreconditionFailedException" });
  });

  test("lists are paged by name", async () => {
    const first = await it.client.send(new ListFunctionsCommand({ MaxItems: 1 }));
    expect(first.Functions?.map((one) => one.FunctionName)).toEqual(["made"]);
    const second = await it.client.send(new ListFunctionsCommand({ MaxItems: 1, Marker: first.NextMarker }));
    expect(second.Functions?.map((one) => one.FunctionName)).toEqual(["updated"]);
  });

  test("a deleted function is gone with its versions", async () => {
    await it.create("doomed", answering("x"), { Publish: true });
    await it.client.send(new DeleteFunctionCommand({ FunctionName: "doomed" }));
    await expect(it.call("doomed:1")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });
});

describe("versions and aliases", () => {
  test("a version is made only when something changed, and keeps what it was made of", async () => {
    await it.create("versioned", answering("one"));
    const publish = () => it.client.send(new PublishVersionCommand({ FunctionName: "versioned" }));
    // documented: https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html
    expect((await publish()).Version).toBe("1");
    expect((await publish()).Version).toBe("1");
    await it.client.send(new UpdateFunctionCodeCommand({ FunctionName: "versioned", ZipFile: zipOf("two") }));
    await it.idle();
    expect((await publish()).Version).toBe("2");
    const { Versions } = await it.client.send(new ListVersionsByFunctionCommand({ FunctionName: "versioned" }));
    expect(Versions?.map((one) => one.Version)).toEqual(["$LATEST", "1", "2"]);
    expect((await it.call("versioned:1")).answer).toBe("one");
    expect((await it.call("versioned:2")).answer).toBe("two");
  });

  test("an alias with weights sends a share to the second version and tells which one ran", async () => {
    const names = { FunctionName: "versioned", Name: "live" };
    const alias = await it.client.send(new CreateAliasCommand({ ...names, FunctionVersion: "1" }));
    expect(alias.AliasArn).toBe("arn:aws:lambda:us-east-1:000000000000:function:versioned:live");
    await it.client.send(new UpdateAliasCommand({ ...names, RoutingConfig: { AdditionalVersionWeights: { "2": 1 } } }));
    expect(await it.call("versioned", {}, { Qualifier: "live" })).toMatchObject({ answer: "two", ExecutedVersion: "2" });
    await it.client.send(new UpdateAliasCommand({ ...names, RoutingConfig: { AdditionalVersionWeights: {} } }));
    expect(await it.call("versioned:live")).toMatchObject({ answer: "one", ExecutedVersion: "1" });
    const { Aliases } = await it.client.send(new ListAliasesCommand({ FunctionName: "versioned", FunctionVersion: "1" }));
    expect(Aliases?.map((one) => one.Name)).toEqual(["live"]);
  });

  test("a version that an alias uses cannot be deleted", async () => {
    const command = new DeleteFunctionCommand({ FunctionName: "versioned", Qualifier: "1" });
    await expect(it.client.send(command)).rejects.toMatchObject({ name: "ResourceConflictException" });
  });
});

test("permissions make a policy, statement by statement", async () => {
  await it.create("guarded", answering("x"));
  const FunctionName = "guarded";
  const SourceArn = "arn:aws:s3:::b";
  await it.client.send(
    new AddPermissionCommand({
      FunctionName,
      StatementId: "s3",
      Action: "lambda:InvokeFunction",
      Principal: "s3.amazonaws.com",
      SourceArn,
    }),
  );
  const { Policy } = await it.client.send(new GetPolicyCommand({ FunctionName }));
  // documented: https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
  expect(JSON.parse(Policy ?? "")).toEqual({
    Version: "2012-10-17",
    Id: "default",
    Statement: [
      {
        Sid: "s3",
        Effect: "Allow",
        Principal: { Service: "s3.amazonaws.com" },
        Action: "lambda:InvokeFunction",
        Resource: "arn:aws:lambda:us-east-1:000000000000:function:guarded",
        Condition: { ArnLike: { "AWS:SourceArn": SourceArn } },
      },
    ],
  });
  await it.client.send(new RemovePermissionCommand({ FunctionName, StatementId: "s3" }));
  await expect(it.client.send(new GetPolicyCommand({ FunctionName }))).rejects.toMatchObject({ name: "ResourceNotFoundException" });
});

test("a layer's modules are found by the function, and its own file wins nothing by name", async () => {
  const ZipFile = writeZip({ "nodejs/node_modules/greeting/index.js": 'module.exports = "hello from the layer";' });
  const layer = await it.client.send(new PublishLayerVersionCommand({ LayerName: "greeting", Content: { ZipFile } }));
  expect(layer.LayerVersionArn).toBe("arn:aws:lambda:us-east-1:000000000000:layer:greeting:1");
  await it.create("layered", 'exports.handler = async () => require("greeting");', { Layers: [layer.LayerVersionArn ?? ""] });
  expect((await it.call("layered")).answer).toBe("hello from the layer");
  const found = await it.client.send(new GetLayerVersionCommand({ LayerName: "greeting", VersionNumber: 1 }));
  expect(found.Content?.CodeSize).toBe(ZipFile.length);
});

test("where the system allows it, the layers are /opt", async () => {
  const ZipFile = writeZip({ "data.txt": "from /opt" });
  const { LayerVersionArn = "" } = await it.client.send(new PublishLayerVersionCommand({ LayerName: "data", Content: { ZipFile } }));
  await it.create("mounted", 'exports.handler = async () => require("fs").readFileSync("/opt/data.txt", "utf8");', {
    Layers: [LayerVersionArn],
  });
  const { answer } = await it.call("mounted");
  // documented: https://docs.aws.amazon.com/lambda/latest/dg/adding-layers.html
  if (optMount([process.execPath]) !== undefined) expect(answer).toBe("from /opt");
  else expect(answer).toMatchObject({ errorType: "Error" });
});

test("a function with no reserved concurrency left is throttled with the reason", async () => {
  await it.create("throttled", answering("x"));
  await it.client.send(new PutFunctionConcurrencyCommand({ FunctionName: "throttled", ReservedConcurrentExecutions: 0 }));
  // documented: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
  await expect(it.call("throttled")).rejects.toMatchObject({
    name: "TooManyRequestsException",
    Reason: "ReservedFunctionConcurrentInvocationLimitExceeded",
  });
});
