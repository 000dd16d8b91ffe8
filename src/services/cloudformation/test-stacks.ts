import { Readable } from "node:stream";
import {
  CloudFormationClient,
  CreateStackCommand,
  type CreateStackCommandInput,
  DescribeStackEventsCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  type Stack,
  UpdateStackCommand,
  type UpdateStackCommandInput,
} from "@aws-sdk/client-cloudformation";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";

/** What tests of stacks have in common: a cloud, a client, and stacks that are made and looked at in a line. */
export class TestStacks {
  readonly cloud: TestCloud;
  readonly cfn: CloudFormationClient;

  static async start(): Promise<TestStacks> {
    return new TestStacks(await startCloud());
  }

  constructor(cloud: TestCloud) {
    this.cloud = cloud;
    this.cfn = new CloudFormationClient(cloud.clientConfig);
  }

  async stop(): Promise<void> {
    this.cfn.destroy();
    await this.cloud.stop();
  }

  async look(name: string): Promise<Stack> {
    await this.cloud.cloud.clock.idle();
    const { Stacks } = await this.cfn.send(new DescribeStacksCommand({ StackName: name }));
    return Stacks?.[0] ?? ({} as Stack);
  }

  /** Until the stack rests: each look waits for what is due to be done. */
  async settled(name: string): Promise<string> {
    for (;;) {
      const status = (await this.look(name)).StackStatus ?? "";
      if (!status.endsWith("_IN_PROGRESS")) return status;
    }
  }

  async create(name: string, template: string, more: Partial<CreateStackCommandInput> = {}): Promise<string> {
    const { StackId } = await this.cfn.send(new CreateStackCommand({ StackName: name, TemplateBody: template, ...more }));
    return this.settled(StackId ?? name);
  }

  async update(name: string, template: string, more: Partial<UpdateStackCommandInput> = {}): Promise<string> {
    await this.cfn.send(new UpdateStackCommand({ StackName: name, TemplateBody: template, ...more }));
    return this.settled(name);
  }

  /** `<logical id> <status> <reason>`, oldest first. */
  async log(name: string): Promise<string[]> {
    const { StackEvents = [] } = await this.cfn.send(new DescribeStackEventsCommand({ StackName: name }));
    return StackEvents.reverse().map((one) => `${one.LogicalResourceId} ${one.ResourceStatus} ${one.ResourceStatusReason ?? ""}`.trim());
  }

  async resources(name: string): Promise<string[]> {
    const { StackResources = [] } = await this.cfn.send(new DescribeStackResourcesCommand({ StackName: name }));
    return StackResources.map((one) => `${one.LogicalResourceId} ${one.ResourceStatus}`);
  }

  async value(name: string): Promise<string | undefined> {
    const { Parameters } = await this.cloud.ctx.call("ssm", "GetParameters", { Names: [name] });
    return Parameters?.[0]?.Value;
  }

  /** Puts an object, with its bucket when that is not there yet. */
  async put(bucket: string, key: string, text: string): Promise<void> {
    const { ctx } = this.cloud;
    await ctx.call("s3", "HeadBucket", { Bucket: bucket }).catch(() => ctx.call("s3", "CreateBucket", { Bucket: bucket }));
    await ctx.call("s3", "PutObject", { Bucket: bucket, Key: key, Body: Readable.from([Buffer.from(text)]) });
  }
}

export function parameter(name: string, value: unknown, more: object = {}): object {
  return { Type: "AWS::SSM::Parameter", Properties: { Name: name, Type: "String", Value: value }, ...more };
}

export function body(Resources: object, more: object = {}): string {
  return JSON.stringify({ Resources, ...more });
}
