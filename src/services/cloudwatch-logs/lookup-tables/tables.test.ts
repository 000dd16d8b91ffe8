import * as logs from "@aws-sdk/client-cloudwatch-logs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../../../test/support/cloud.ts";
import { csvOf, rowsOfCsv } from "./csv.ts";

let cloud: TestCloud;
let client: logs.CloudWatchLogsClient;
const logGroupName = "/g";
beforeAll(async () => {
  cloud = await startCloud();
  client = new logs.CloudWatchLogsClient(cloud.clientConfig);
  await client.send(new logs.CreateLogGroupCommand({ logGroupName }));
  await client.send(new logs.CreateLogStreamCommand({ logGroupName, logStreamName: "s" }));
  const timestamp = cloud.cloud.clock.now();
  const events = [
    { id: 1, ip: "10.1.2.3", email: "own" },
    { id: 2, ip: "10.9.9.9" },
    { id: 3, ip: "8.8.8.8" },
  ];
  const logEvents = events.map((event, i) => ({ timestamp: timestamp - 10 + i, message: JSON.stringify(event) }));
  await client.send(new logs.PutLogEventsCommand({ logGroupName, logStreamName: "s", logEvents }));
});
afterAll(async () => {
  client.destroy();
  await cloud.stop();
});

async function query(queryString: string): Promise<string | undefined> {
  const now = Math.floor(cloud.cloud.clock.now() / 1_000);
  const range = { startTime: now - 3_600, endTime: now + 60 };
  const { queryId } = await client.send(new logs.StartQueryCommand({ logGroupName, queryString, ...range }));
  await cloud.cloud.clock.idle();
  return queryId;
}
async function ask(queryString: string) {
  const { results = [], status } = await client.send(new logs.GetQueryResultsCommand({ queryId: await query(queryString) }));
  expect(status).toBe("Complete");
  return results.map((row) => Object.fromEntries(row.flatMap(({ field = "", value = "" }) => (field === "@ptr" ? [] : [[field, value]]))));
}
const create = (lookupTableName: string, tableBody: string) =>
  client.send(new logs.CreateLookupTableCommand({ lookupTableName, tableBody }));

it("reads what is quoted", () => {
  const rows = [
    ["a", 'b "c"'],
    ["1,2", "3\n4"],
  ];
  expect(rowsOfCsv(csvOf(rows))).toEqual(rows);
  expect(rowsOfCsv("a,b\r\n1,\r\n\r\n")).toEqual([
    ["a", "b"],
    ["1", ""],
  ]);
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLookupTable.html
it("keeps tables, and refuses what is none", async () => {
  const { lookupTableArn = "" } = await create("kept", 'id,name\n1,"Ada, L."\n');
  const tableFields = ["id", "name"];
  const found = await client.send(new logs.DescribeLookupTablesCommand({ lookupTableNamePrefix: "ke" }));
  expect(found.lookupTables).toMatchObject([{ lookupTableArn, lookupTableName: "kept", tableFields, recordsCount: 1, sizeBytes: 20 }]);
  await expect(create("kept", "id\n1")).rejects.toThrow(logs.ResourceAlreadyExistsException);
  for (const body of ["a,a\n1,2", "a,b\n1", "a,,b"]) await expect(create("bad", body)).rejects.toThrow(logs.InvalidParameterException);
  await client.send(new logs.UpdateLookupTableCommand({ lookupTableArn, tableBody: "id\n2" }));
  expect((await client.send(new logs.GetLookupTableCommand({ lookupTableArn }))).tableBody).toBe("id\n2");
  await client.send(new logs.DeleteLookupTableCommand({ lookupTableArn }));
  await expect(client.send(new logs.GetLookupTableCommand({ lookupTableArn }))).rejects.toThrow(logs.ResourceNotFoundException);
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Lookup.html
it("enriches events with what is looked up by their fields", async () => {
  await create("user_data", "id,name,email\n1,ada,a@x\n2,grace,g@x\n2,second,s@x\n");
  expect(await ask("fields id | lookup user_data id OUTPUT name, email | sort id")).toEqual([
    { id: "1", name: "ada", email: "a@x" },
    { id: "2", name: "grace", email: "g@x" },
    { id: "3" },
  ]);
  expect(await ask("lookup user_data name as missing OUTPUT email | filter email = 'own' | stats count(*) as n")).toEqual([{ n: "1" }]);
  expect(await ask("lookup user_data id OUTPUT email | filter ispresent(email) | stats count(*) as n by email | sort email")).toEqual([
    { email: "a@x", n: "1" },
    { email: "g@x", n: "1" },
  ]);
  await expect(query("lookup nothing id OUTPUT name")).rejects.toThrow(logs.ResourceNotFoundException);
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Cidrlookup.html
it("finds addresses in the networks of a table, the smallest first", async () => {
  await create("nets", "cidr,email\n10.0.0.0/8,wide\n10.1.0.0/16,narrow\n");
  expect(await ask("fields id, ip | cidrlookup nets ip as cidr OUTPUTNEW email | display id, email | sort id")).toEqual([
    { id: "1", email: "own" },
    { id: "2", email: "wide" },
    { id: "3" },
  ]);
  expect(await ask("cidrlookup nets ip as cidr OUTPUT email as net | filter id = 1 | display net")).toEqual([{ net: "narrow" }]);
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLookupTable.html
it("makes a table of a query's results", async () => {
  const queryId = await query("stats count(*) as n by id | sort id | limit 2");
  const { lookupTableArn } = await client.send(new logs.CreateLookupTableCommand({ lookupTableName: "counted", queryId }));
  expect((await client.send(new logs.GetLookupTableCommand({ lookupTableArn }))).tableBody).toBe("id,n\n1,1\n2,1");
});
