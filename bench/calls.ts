import { type Call, signed } from "./server.ts";

/** Requests as the SDKs send them. */
export function json(port: number, service: string, target: string, input: object): Call {
  const version = service === "logs" ? "1.1" : "1.0";
  const headers = { "content-type": `application/x-amz-json-${version}`, "x-amz-target": target };
  return signed(port, service, { method: "POST", path: "/", headers, body: JSON.stringify(input) });
}

export function query(port: number, service: string, form: Record<string, string>): Call {
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  return signed(port, service, { method: "POST", path: "/", headers, body: new URLSearchParams(form).toString() });
}

export function s3(port: number, method: string, path: string, body: string | Buffer = ""): Call {
  return signed(port, "s3", { method, path, headers: {}, body });
}

export function callerIdentity(port: number): Call {
  return query(port, "sts", { Action: "GetCallerIdentity", Version: "2011-06-15" });
}

export const TABLE = {
  TableName: "bench",
  BillingMode: "PAY_PER_REQUEST",
  AttributeDefinitions: [
    { AttributeName: "pk", AttributeType: "S" },
    { AttributeName: "sk", AttributeType: "S" },
  ],
  KeySchema: [
    { AttributeName: "pk", KeyType: "HASH" },
    { AttributeName: "sk", KeyType: "RANGE" },
  ],
};

export function dynamodb(port: number, operation: string, input: object): Call {
  return json(port, "dynamodb", `DynamoDB_20120810.${operation}`, input);
}

export function item(pk: string, sk: string, size: number): object {
  return { pk: { S: pk }, sk: { S: sk }, body: { S: "x".repeat(size) } };
}
