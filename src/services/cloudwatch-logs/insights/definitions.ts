import type { Input } from "../../../aws/clients.ts";
import { AwsException, notImplemented } from "../../../aws/exception.ts";
import type { Operations } from "../../../aws/service.ts";
import { invalidParameter } from "../groups.ts";
import { definitions } from "./store.ts";

type Service = "cloudwatch-logs";
type Parameters = NonNullable<Input<Service, "PutQueryDefinition">["parameters"]>;

const MOST = 1_000;

function checkParameters(parameters: Parameters): void {
  if (new Set(parameters.map(({ name }) => name)).size < parameters.length) throw invalidParameter("Two parameters have the same name.");
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_Insights-Saving-Queries.html */
export const definitionOperations = {
  PutQueryDefinition: (input, ctx) => {
    if (input.queryLanguage !== undefined && input.queryLanguage !== "CWLI")
      throw notImplemented("cloudwatch-logs", "PutQueryDefinition", "queryLanguage");
    const parameters = input.parameters ?? [];
    checkParameters(parameters);
    return ctx.tx(() => {
      const id = input.queryDefinitionId ?? ctx.cloud.ids.uuid();
      if (input.queryDefinitionId !== undefined && ctx.get(definitions.get, { id }) === undefined)
        throw new AwsException("ResourceNotFoundException", "The specified query definition does not exist.", { status: 400 });
      const groups = JSON.stringify(input.logGroupNames ?? []);
      const row = { id, name: input.name ?? "", query: input.queryString ?? "", groups, parameters: JSON.stringify(parameters) };
      ctx.run(definitions.put, { ...row, modified: ctx.now });
      ctx.claim(id);
      return { queryDefinitionId: id };
    });
  },
  DescribeQueryDefinitions: (input, ctx) => {
    const found = ctx.all(definitions.all, {}).filter(({ name }) => name.startsWith(input.queryDefinitionNamePrefix ?? ""));
    return {
      queryDefinitions: found.slice(0, input.maxResults ?? MOST).map(({ id, name, query, groups, modified, parameters }) => ({
        queryLanguage: "CWLI",
        queryDefinitionId: id,
        name,
        queryString: query,
        logGroupNames: JSON.parse(groups) as string[],
        lastModified: modified,
        ...(parameters === "[]" ? {} : { parameters: JSON.parse(parameters) as Parameters }),
      })),
    };
  },
  DeleteQueryDefinition: (input, ctx) => ({ success: ctx.run(definitions.remove, { id: input.queryDefinitionId ?? "" }) > 0 }),
} satisfies Operations<Service>;
