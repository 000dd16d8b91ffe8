import { describe, expect, it } from "vitest";
import { parseInsightsQuery } from "./parser.ts";
import { QueryError } from "./tokens.ts";

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-querylanguage.html
describe("a Metrics Insights query", () => {
  it("has all of its clauses", () => {
    const query = parseInsightsQuery(
      `select sum(RequestCount) from schema("AWS/ApplicationELB", LoadBalancer, AvailabilityZone)
       WHERE LoadBalancer = 'app/load-balancer-1' AND Zone != 'it\\'s' group by AvailabilityZone order by MAX() desc LIMIT 5`,
    );
    expect(query).toEqual({
      aggregate: "SUM",
      metric: "RequestCount",
      namespace: "AWS/ApplicationELB",
      schema: ["LoadBalancer", "AvailabilityZone"],
      conditions: [
        { key: { kind: "dimension", name: "LoadBalancer" }, isEqual: true, value: "app/load-balancer-1" },
        { key: { kind: "dimension", name: "Zone" }, isEqual: false, value: "it's" },
      ],
      groups: [{ kind: "dimension", name: "AvailabilityZone" }],
      order: { by: "MAX", isDescending: true },
      limit: 5,
    });
  });

  it("needs no more than a function, a metric and a namespace, and sorts in ascending order unless it says otherwise", () => {
    expect(parseInsightsQuery("SELECT AVG(Load) FROM MyApp")).toMatchObject({
      schema: undefined,
      conditions: [],
      groups: [],
      limit: undefined,
    });
    expect(parseInsightsQuery('SELECT AVG(Load) FROM SCHEMA("My App")').schema).toEqual([]);
    expect(parseInsightsQuery("SELECT AVG(Load) FROM MyApp GROUP BY Host ORDER BY AVG()").order).toEqual({
      by: "AVG",
      isDescending: false,
    });
  });

  it("escapes quotation marks with a backslash, and takes quoted names as they are", () => {
    expect(parseInsightsQuery('SELECT AVG("Bytes\\"Input\\"") FROM MyApp').metric).toBe('Bytes"Input"');
    expect(parseInsightsQuery('SELECT AVG("LIMIT") FROM "My/App"').metric).toBe("LIMIT");
    expect(parseInsightsQuery('SELECT AVG(a) FROM MyApp GROUP BY "tag.env"').groups).toEqual([{ kind: "dimension", name: "tag.env" }]);
  });

  it("knows tags of resources and accounts", () => {
    const query = parseInsightsQuery(
      "SELECT AVG(a) FROM b WHERE tag.env = 'prod' AND AWS.AccountId = CURRENT_ACCOUNT_ID() GROUP BY AWS.AccountId",
    );
    expect(query.conditions.map(({ key, value }) => [key.kind, key.name, value])).toEqual([
      ["tag", "env", "prod"],
      ["account", "AWS.AccountId", undefined],
    ]);
    expect(parseInsightsQuery("SELECT AVG(a) FROM b WHERE AWS.AccountId=444455556666").conditions[0]?.value).toBe("444455556666");
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-queryexamples.html
  it("takes AWS's samples, whose labels are reserved words without quotation marks", () => {
    const sample = `SELECT COUNT(CallCount) FROM SCHEMA("AWS/Usage", Class, Resource, Service, Type) WHERE Type = 'API'
      GROUP BY Service, Resource ORDER BY COUNT() DESC LIMIT 20`;
    expect(parseInsightsQuery(sample).schema).toEqual(["Class", "Resource", "Service", "Type"]);
  });

  it.each([
    ["SELECT p99(a) FROM b", "one of AVG, COUNT, MAX, MIN, SUM is expected, not 'p99'"],
    ["SELECT AVG(a)", "FROM is expected, not the end of the query"],
    ["SELECT AVG(a) FROM AWS/EC2", "unexpected '/EC2'"],
    ["SELECT AVG(a) FROM b WHERE c = d", "a value in single quotation marks is expected, not 'd'"],
    ["SELECT AVG(a) FROM b WHERE c = 'd' OR e = 'f'", "the end of the query is expected, not 'OR'"],
    ["SELECT AVG(LIMIT) FROM b", "'LIMIT' is a reserved keyword: as a metric's name it must be surrounded by double quotation marks"],
    ["SELECT AVG(a) FROM b LIMIT 501", "LIMIT must be between 1 and 500"],
    ["SELECT AVG(a) FROM b GROUP BY c, c", "GROUP BY names the same label twice"],
    ["SELECT AVG(a) FROM b GROUP BY c.d", "the label c.d must be surrounded by double quotation marks"],
    ["SELECT AVG(a) FROM b LIMIT 5 ORDER BY AVG()", "the end of the query is expected, not 'ORDER'"],
  ])("refuses %s", (text, message) => {
    expect(() => parseInsightsQuery(text)).toThrow(new QueryError(message));
  });
});
