import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import {
  CreateFunctionCommand,
  type CreateFunctionCommandInput,
  InvokeCommand,
  type InvokeCommandInput,
  type InvokeCommandOutput,
  LambdaClient,
  type Runtime,
} from "@aws-sdk/client-lambda";
import { writeZip } from "../../src/runtime/processes/zip.ts";
import { startCloud, type TestCloud } from "./cloud.ts";

export const ROLE = "arn:aws:iam::000000000000:role/functions";
const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
});

export interface Answer extends Omit<InvokeCommandOutput, "Payload"> {
  readonly answer: unknown;
  readonly log: string;
}

/** A cloud with a role for functions, and short ways to make and to call them. */
export class LambdaTest {
  readonly cloud: TestCloud;
  readonly client: LambdaClient;

  private constructor(cloud: TestCloud) {
    this.cloud = cloud;
    this.client = new LambdaClient(cloud.clientConfig);
  }

  static async start(): Promise<LambdaTest> {
    const cloud = await startCloud();
    const iam = new IAMClient(cloud.clientConfig);
    await iam.send(new CreateRoleCommand({ RoleName: "functions", AssumeRolePolicyDocument: TRUST }));
    return new LambdaTest(cloud);
  }

  async create(FunctionName: string, source: string, more: Partial<CreateFunctionCommandInput> = {}): Promise<void> {
    const isPython = more.Runtime?.startsWith("python") ?? false;
    await this.client.send(
      new CreateFunctionCommand({
        FunctionName,
        Role: ROLE,
        Runtime: "nodejs24.x" as Runtime,
        Handler: isPython ? "app.handler" : "index.handler",
        Code: { ZipFile: writeZip({ [isPython ? "app.py" : "index.js"]: source }) },
        ...more,
      }),
    );
    await this.idle();
  }

  /** Until all that is due has come to rest. */
  idle(): Promise<void> {
    return this.cloud.cloud.clock.idle();
  }

  async call(FunctionName: string, event: unknown = {}, more: Partial<InvokeCommandInput> = {}): Promise<Answer> {
    const command = new InvokeCommand({ FunctionName, Payload: JSON.stringify(event), LogType: "Tail", ...more });
    const { Payload, LogResult, ...rest } = await this.client.send(command);
    const text = Buffer.from(Payload ?? []).toString("utf8");
    return {
      ...rest,
      answer: JSON.parse(text === "" ? "null" : text) as unknown,
      log: Buffer.from(LogResult ?? "", "base64").toString("utf8"),
    };
  }
}
