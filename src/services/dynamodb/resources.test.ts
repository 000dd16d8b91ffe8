import { DescribeTableCommand, DescribeTimeToLiveCommand, DynamoDBClient, ListTagsOfResourceCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";
import type { Properties, ResourcePending, ResourceState } from "../../aws/resource.ts";
import { resources } from "./resources.ts";

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html
describe("CloudFormation types", () => {
  let cloud: TestCloud;
  let client: DynamoDBClient;
  beforeAll(async () => {
    cloud = await startCloud();
    client = new DynamoDBClient(cloud.clientConfig);
  });
  afterAll(() => cloud.stop());

  const request = (properties: Properties) => ({
    properties,
    logicalId: "Table",
    stackName: "stack",
    stackId: "arn:aws:cloudformation:us-east-1:000000000000:stack/stack/1",
    stackTags: { "aws:cloudformation:stack-name": "stack", team: "stack" },
    generatedName: () => "stack-Table-ABC",
  });
  const settle = async (ask: () => Promise<ResourceState | ResourcePending | undefined>): Promise<ResourceState | undefined> => {
    for (let i = 0; i < 50; i++) {
      const answer = await ask();
      if (answer === undefined || "physicalId" in answer) return answer;
      await cloud.cloud.clock.advance(0);
    }
    return expect.unreachable("it never came to rest");
  };
  const table = resources["AWS::DynamoDB::Table"];
  const properties: Properties = {
    AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
    KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
    ProvisionedThroughput: { ReadCapacityUnits: "5", WriteCapacityUnits: "5" },
    TimeToLiveSpecification: { AttributeName: "ttl", Enabled: "true" },
    Tags: [{ Key: "team", Value: "own" }],
  };
  const grown: Properties = {
    ...properties,
    BillingMode: "PAY_PER_REQUEST",
    ProvisionedThroughput: undefined,
    DeletionProtectionEnabled: "false",
    AttributeDefinitions: [...(properties["AttributeDefinitions"] as object[]), { AttributeName: "gs", AttributeType: "N" }],
    GlobalSecondaryIndexes: [
      { IndexName: "gsi", KeySchema: [{ AttributeName: "gs", KeyType: "HASH" }], Projection: { ProjectionType: "ALL" } },
    ],
    TimeToLiveSpecification: undefined,
    Tags: [],
  };

  test("a table is made once under one claim, changed, and deleted", async () => {
    const ctx = cloud.ctx.with({ claimToken: "claim-1" });
    const made = await settle(async () => table?.create(ctx, request(properties)));
    expect(made).toMatchObject({
      physicalId: "stack-Table-ABC",
      attributes: { Arn: "arn:aws:dynamodb:us-east-1:000000000000:table/stack-Table-ABC" },
    });
    const TableName = made?.physicalId ?? "";
    const ResourceArn = String(made?.attributes?.["Arn"]);
    expect((await client.send(new DescribeTimeToLiveCommand({ TableName }))).TimeToLiveDescription?.AttributeName).toBe("ttl");
    expect((await client.send(new ListTagsOfResourceCommand({ ResourceArn }))).Tags).toContainEqual({ Key: "team", Value: "own" });

    const update = { ...request(grown), physicalId: TableName, previous: properties };
    await settle(async () => table?.update?.(ctx, update));
    const { Table } = await client.send(new DescribeTableCommand({ TableName }));
    expect(Table).toMatchObject({
      BillingModeSummary: { BillingMode: "PAY_PER_REQUEST" },
      GlobalSecondaryIndexes: [{ IndexName: "gsi", IndexStatus: "ACTIVE" }],
    });
    expect((await client.send(new DescribeTimeToLiveCommand({ TableName }))).TimeToLiveDescription?.TimeToLiveStatus).toBe("DISABLED");
    expect((await client.send(new ListTagsOfResourceCommand({ ResourceArn }))).Tags).toContainEqual({ Key: "team", Value: "stack" });

    await settle(async () => table?.update?.(ctx, { ...request(properties), physicalId: TableName, previous: grown }));
    const { Table: back } = await client.send(new DescribeTableCommand({ TableName }));
    expect(back?.GlobalSecondaryIndexes).toBeUndefined();
    expect(back?.ProvisionedThroughput).toMatchObject({ ReadCapacityUnits: 5, WriteCapacityUnits: 5 });

    await settle(async () => table?.delete(ctx, { physicalId: TableName, properties }));
    await expect(client.send(new DescribeTableCommand({ TableName }))).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    expect(await table?.delete(ctx, { physicalId: TableName, properties })).toBeUndefined();
  });

  test("two indexes in one update are refused as CloudFormation refuses them", async () => {
    const made = await settle(async () =>
      table?.create(cloud.ctx.with({ claimToken: "claim-2" }), { ...request(properties), generatedName: () => "two" }),
    );
    const index = (IndexName: string) => ({
      IndexName,
      KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
      Projection: { ProjectionType: "ALL" },
    });
    const wanted = { ...properties, GlobalSecondaryIndexes: [index("a"), index("b")] };
    await expect(
      table?.update?.(cloud.ctx, { ...request(wanted), physicalId: made?.physicalId ?? "", previous: properties }),
    ).rejects.toThrow("Cannot perform more than one GSI creation or deletion in a single update");
  });

  // documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-globaltable.html
  test("a global table with one replica here is a table", async () => {
    const { ProvisionedThroughput: _none, Tags: _tags, ...rest } = properties;
    const wanted = {
      ...rest,
      BillingMode: "PAY_PER_REQUEST",
      Replicas: [{ Region: "us-east-1", Tags: [{ Key: "a", Value: "b" }], DeletionProtectionEnabled: false }],
    };
    const globalTable = resources["AWS::DynamoDB::GlobalTable"];
    const made = await settle(async () =>
      globalTable?.create(cloud.ctx.with({ claimToken: "claim-3" }), { ...request(wanted), generatedName: () => "global" }),
    );
    expect(made?.attributes).toMatchObject({ TableId: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    const twice = { ...wanted, Replicas: [...wanted.Replicas, { Region: "eu-west-1" }] };
    await expect(globalTable?.create(cloud.ctx, { ...request(twice), generatedName: () => "twice" })).rejects.toMatchObject({
      code: "NotImplemented",
    });
  });
});
