import { request } from "node:http";
import { text } from "node:stream/consumers";
import {
  AddPermissionCommand,
  CreateFunctionUrlConfigCommand,
  InvokeWithResponseStreamCommand,
  UpdateFunctionUrlConfigCommand,
} from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LambdaTest } from "../../../test/support/lambda.ts";
import { sign } from "../../aws/sigv4.ts";

let it: LambdaTest;
let url: string;
beforeAll(async () => {
  it = await LambdaTest.start();
  await it.create(
    "page",
    `exports.handler = async (event) => event.rawPath === "/plain" ? { plain: true }
      : event.rawPath === "/fail" ? Promise.reject(new Error("no"))
      : { statusCode: 201, headers: { "X-Seen": event.requestContext.http.method }, cookies: ["a=1"], body: JSON.stringify(event) };`,
  );
  const { FunctionUrl = "" } = await it.client.send(new CreateFunctionUrlConfigCommand({ FunctionName: "page", AuthType: "NONE" }));
  url = `${it.cloud.endpoint}/_lambda-url/${new URL(FunctionUrl).hostname.split(".")[0]}`;
});
afterAll(() => it.cloud.stop());

// documented: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
test("without a permission for everybody it is forbidden", async () => {
  expect((await fetch(`${url}/`)).status).toBe(403);
  const permission = { StatementId: "all", Action: "lambda:InvokeFunctionUrl", Principal: "*", FunctionUrlAuthType: "NONE" as const };
  await it.client.send(new AddPermissionCommand({ FunctionName: "page", ...permission }));
  expect((await fetch(`${url}/plain`)).status).toBe(200);
});

// documented: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
test("a request becomes a payload 2.0 event, and the answer's parts a response", async () => {
  const response = await fetch(`${url}/some/path?a=1&a=2`, {
    method: "POST",
    body: '{"x":1}',
    headers: { "content-type": "application/json", cookie: "c=d" },
  });
  expect(response.status).toBe(201);
  expect(response.headers.get("x-seen")).toBe("POST");
  expect(response.headers.getSetCookie()).toEqual(["a=1"]);
  expect(await response.json()).toMatchObject({
    version: "2.0",
    rawPath: "/some/path",
    rawQueryString: "a=1&a=2",
    queryStringParameters: { a: "1,2" },
    cookies: ["c=d"],
    body: '{"x":1}',
    isBase64Encoded: false,
    requestContext: { http: { method: "POST", path: "/some/path" }, accountId: "anonymous", stage: "$default" },
  });
});

/** A request whose Host is not where it is sent. */
function viaHost(host: string, path: string): Promise<{ status: number | undefined; body: string }> {
  const { hostname, port } = new URL(it.cloud.endpoint);
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, path, headers: { host } }, async (response) =>
      resolve({ status: response.statusCode, body: await text(response) }),
    );
    asked.on("error", reject).end();
  });
}

// documented: https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html
test("it is served by its host name too, this machine's or AWS's", async () => {
  const id = url.split("/").at(-1);
  for (const host of [`${id}.lambda-url.us-east-1.localhost:4566`, `${id}.lambda-url.us-east-1.on.aws`]) {
    const { status, body } = await viaHost(host, "/a?b=1?c=2");
    expect(status).toBe(201);
    expect(JSON.parse(body)).toMatchObject({
      rawPath: "/a",
      rawQueryString: "b=1?c=2",
      queryStringParameters: { b: "1?c=2" },
      requestContext: { domainName: host.replace(":4566", ""), domainPrefix: id },
    });
  }
});

test("an answer without statusCode is the body, a failure is 502", async () => {
  const plain = await fetch(`${url}/plain`);
  expect([plain.headers.get("content-type"), await plain.text()]).toEqual(["application/json", '{"plain":true}']);
  expect((await fetch(`${url}/fail`)).status).toBe(502);
});

// documented: https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html#urls-cors
test("a preflight is answered from the configuration", async () => {
  const Cors = { AllowOrigins: ["https://a.example"], AllowMethods: ["POST"], MaxAge: 60 };
  await it.client.send(new UpdateFunctionUrlConfigCommand({ FunctionName: "page", Cors }));
  const headers = { origin: "https://a.example", "access-control-request-method": "POST" };
  const response = await fetch(`${url}/`, { method: "OPTIONS", headers });
  expect(response.status).toBe(200);
  expect(response.headers.get("access-control-allow-origin")).toBe("https://a.example");
  expect(response.headers.get("access-control-max-age")).toBe("60");
});

// documented: https://docs.aws.amazon.com/lambda/latest/dg/config-rs-write-functions.html
test("a streamed response arrives in parts, by the API and by the URL", async () => {
  await it.create(
    "streaming",
    `exports.handler = awslambda.streamifyResponse(async (event, stream, context) => {
      stream = awslambda.HttpResponseStream.from(stream, { statusCode: 202, headers: { "x-own": "1" } });
      for (const part of ["one ", "two ", context.functionName]) {
        stream.write(part);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      if (event.boom) throw new Error("midway");
      stream.end();
    });`,
  );
  const names = { FunctionName: "streaming" };
  const { FunctionUrl = "" } = await it.client.send(
    new CreateFunctionUrlConfigCommand({ ...names, AuthType: "NONE", InvokeMode: "RESPONSE_STREAM" }),
  );
  const permission = { StatementId: "all", Action: "lambda:InvokeFunctionUrl", Principal: "*", FunctionUrlAuthType: "NONE" as const };
  await it.client.send(new AddPermissionCommand({ ...names, ...permission }));
  const response = await fetch(`${it.cloud.endpoint}/_lambda-url/${new URL(FunctionUrl).hostname.split(".")[0]}/`);
  expect([response.status, response.headers.get("x-own"), await response.text()]).toEqual([202, "1", "one two streaming"]);
  const { EventStream } = await it.client.send(new InvokeWithResponseStreamCommand({ ...names, Payload: '{"boom":true}' }));
  const parts: string[] = [];
  let error: string | undefined;
  for await (const event of EventStream ?? []) {
    if (event.PayloadChunk !== undefined) parts.push(Buffer.from(event.PayloadChunk.Payload ?? []).toString("utf8"));
    error ??= event.InvokeComplete?.ErrorCode;
  }
  expect(parts.join("")).toMatch(/one two streaming$/);
  expect(parts.length).toBeGreaterThan(1);
  expect(error).toBe("Error");
});

// documented: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html, https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
test("with AWS_IAM only a signed request comes through", async () => {
  await it.client.send(new UpdateFunctionUrlConfigCommand({ FunctionName: "page", AuthType: "AWS_IAM" }));
  expect((await fetch(`${url}/plain`)).status).toBe(403);
  const { accessKeyId, secretAccessKey } = it.cloud.clientConfig.credentials;
  const request = {
    method: "GET",
    url: `${url}/plain`,
    headers: {},
    body: "",
    region: "us-east-1",
    service: "lambda",
    now: it.cloud.cloud.clock.wall(),
  };
  const { host: _host, ...headers } = sign({ ...request, credentials: { accessKeyId, secretAccessKey } });
  expect((await fetch(`${url}/plain`, { headers })).status).toBe(200);
  const { host: _same, ...posted } = sign({ ...request, method: "POST", body: "signed", credentials: { accessKeyId, secretAccessKey } });
  expect((await fetch(`${url}/plain`, { method: "POST", headers: posted, body: "signed" })).status).toBe(200);
  expect((await fetch(`${url}/plain`, { method: "POST", headers: posted, body: "another" })).status).toBe(403);
});
