import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud.stop());

const template = (state: string): string =>
  JSON.stringify({
    Resources: {
      Queue: { Type: "AWS::SQS::Queue" },
      Bus: { Type: "AWS::Events::EventBus", Properties: { Name: "orders" } },
      Open: {
        Type: "AWS::Events::EventBusPolicy",
        Properties: {
          EventBusName: { Ref: "Bus" },
          StatementId: "open",
          Statement: { Effect: "Allow", Principal: "*", Action: "events:PutEvents", Resource: { "Fn::GetAtt": ["Bus", "Arn"] } },
        },
      },
      Archive: {
        Type: "AWS::Events::Archive",
        Properties: {
          SourceArn: { "Fn::GetAtt": ["Bus", "Arn"] },
          Description: state,
          EventPattern: { source: ["shop"] },
          RetentionDays: "7",
        },
      },
      OnBus: {
        Type: "AWS::Events::Rule",
        Properties: { EventBusName: { Ref: "Bus" }, Name: "mine", EventPattern: { source: ["shop"] }, State: state },
      },
      Daily: {
        Type: "AWS::Events::Rule",
        Properties: {
          ScheduleExpression: "cron(0 8 * * ? *)",
          Targets: [{ Id: "q", Arn: { "Fn::GetAtt": ["Queue", "Arn"] }, Input: '{"a":1}', RetryPolicy: { MaximumRetryAttempts: "3" } }],
        },
      },
    },
    Outputs: {
      OnBus: { Value: { Ref: "OnBus" } },
      OnBusArn: { Value: { "Fn::GetAtt": ["OnBus", "Arn"] } },
      Daily: { Value: { Ref: "Daily" } },
      Archive: { Value: { Ref: "Archive" } },
      ArchiveArn: { Value: { "Fn::GetAtt": ["Archive", "Arn"] } },
    },
  });

async function settled(): Promise<{ status: string | undefined; outputs: Record<string, string> }> {
  await cloud.cloud.clock.advance(120_000);
  const { Stacks: [stack] = [] } = await cloud.ctx.call("cloudformation", "DescribeStacks", { StackName: "rules" });
  const outputs = Object.fromEntries((stack?.Outputs ?? []).map(({ OutputKey = "", OutputValue = "" }) => [OutputKey, OutputValue]));
  return { status: `${stack?.StackStatus} ${stack?.StackStatusReason ?? ""}`.trim(), outputs };
}

describe("stacks", () => {
  // documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Events.html
  it("make, change and delete buses, rules and policies", async () => {
    await cloud.ctx.call("cloudformation", "CreateStack", { StackName: "rules", TemplateBody: template("ENABLED") });
    const { status, outputs } = await settled();
    expect(status).toBe("CREATE_COMPLETE");
    expect(outputs["OnBus"]).toBe("orders|mine");
    expect(outputs["OnBusArn"]).toBe("arn:aws:events:us-east-1:000000000000:rule/orders/mine");
    expect(outputs["Daily"]).toMatch(/^rules-Daily-[A-Za-z0-9]+$/);
    const { Targets = [] } = await cloud.ctx.call("eventbridge", "ListTargetsByRule", { Rule: outputs["Daily"] });
    expect(Targets).toMatchObject([{ Id: "q", Input: '{"a":1}', RetryPolicy: { MaximumRetryAttempts: 3 } }]);
    const bus = await cloud.ctx.call("eventbridge", "DescribeEventBus", { Name: "orders" });
    expect(JSON.parse(bus.Policy ?? "")).toMatchObject({ Statement: [{ Sid: "open", Principal: "*" }] });
    await cloud.ctx.call("eventbridge", "PutEvents", {
      Entries: [{ Source: "shop", DetailType: "Sold", Detail: "{}", EventBusName: "orders" }],
    });
    const archive = () => cloud.ctx.call("eventbridge", "DescribeArchive", { ArchiveName: outputs["Archive"] });
    expect(await archive()).toMatchObject({
      ArchiveArn: outputs["ArchiveArn"],
      EventSourceArn: "arn:aws:events:us-east-1:000000000000:event-bus/orders",
      EventPattern: '{"source":["shop"]}',
      RetentionDays: 7,
      EventCount: 1,
      Description: "ENABLED",
    });
    await cloud.ctx.call("cloudformation", "UpdateStack", { StackName: "rules", TemplateBody: template("DISABLED") });
    expect((await settled()).status).toBe("UPDATE_COMPLETE");
    expect((await cloud.ctx.call("eventbridge", "DescribeRule", { Name: "mine", EventBusName: "orders" })).State).toBe("DISABLED");
    expect(await archive()).toMatchObject({ Description: "DISABLED", EventCount: 1 });
    await cloud.ctx.call("cloudformation", "DeleteStack", { StackName: "rules" });
    await cloud.cloud.clock.advance(120_000);
    const { EventBuses = [] } = await cloud.ctx.call("eventbridge", "ListEventBuses", {});
    expect(EventBuses.map(({ Name }) => Name)).toEqual(["default"]);
    expect((await cloud.ctx.call("eventbridge", "ListRules", {})).Rules).toEqual([]);
    expect((await cloud.ctx.call("eventbridge", "ListArchives", {})).Archives).toEqual([]);
  });
});
