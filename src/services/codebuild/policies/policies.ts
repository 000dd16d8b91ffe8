import type { Input, Output } from "../../../aws/clients.ts";
import type { Context } from "../../../aws/context.ts";
import { AwsException } from "../../../aws/exception.ts";
import { pageOf } from "../../../aws/paging.ts";
import { invalid } from "../failures.ts";
import { nameOfProject } from "../names.ts";
import { offsetOf } from "../reports/groups.ts";
import { groups } from "../reports/store.ts";
import { projects } from "../store.ts";
import { forgetPolicy, sharedWith } from "./shared.ts";
import { policies } from "./store.ts";

const PAGE = 100;
const RESOURCE = /^arn:[^:]+:codebuild:[^:]*:[^:]*:(project|report-group)\/.+$/;

/** @throws AwsException InvalidInputException, ResourceNotFoundException */
function checkResource(ctx: Context, arn: string): void {
  const [, kind] = RESOURCE.exec(arn) ?? [];
  if (kind === undefined) throw invalid(`Invalid resource ARN: ${arn}`);
  const row = kind === "project" ? ctx.get(projects.get, { name: nameOfProject(arn) }) : ctx.get(groups.get, { arn });
  if (row === undefined || row.arn !== arn) throw new AwsException("ResourceNotFoundException", `Resource not found: ${arn}`);
}

/** https://docs.aws.amazon.com/codebuild/latest/APIReference/API_PutResourcePolicy.html */
function putResourcePolicy(input: Input<"codebuild", "PutResourcePolicy">, ctx: Context): Output<"codebuild", "PutResourcePolicy"> {
  const { resourceArn: arn = "", policy = "" } = input;
  checkResource(ctx, arn);
  const problem = ctx.cloud.identity.problemOf(policy, "resource");
  if (problem !== undefined) throw invalid(`Invalid resource policy: ${problem}`);
  ctx.tx(() => {
    ctx.run(policies.put, { arn, policy, modified: ctx.now });
    ctx.emit({ source: "aws.codebuild", type: "Resource Policy Put", resources: [arn], detail: {} });
  });
  return { resourceArn: arn };
}

function getResourcePolicy(input: Input<"codebuild", "GetResourcePolicy">, ctx: Context): Output<"codebuild", "GetResourcePolicy"> {
  const { resourceArn: arn = "" } = input;
  checkResource(ctx, arn);
  const row = ctx.get(policies.get, { arn });
  if (row === undefined) throw new AwsException("ResourceNotFoundException", `Resource policy not found: ${arn}`);
  return { policy: row.policy };
}

/** What is not there is deleted. */
function deleteResourcePolicy(
  input: Input<"codebuild", "DeleteResourcePolicy">,
  ctx: Context,
): Output<"codebuild", "DeleteResourcePolicy"> {
  const { resourceArn: arn = "" } = input;
  if (!RESOURCE.test(arn)) throw invalid(`Invalid resource ARN: ${arn}`);
  forgetPolicy(ctx, arn);
  return {};
}

interface ListInput {
  readonly sortBy?: string | undefined;
  readonly sortOrder?: string | undefined;
  readonly maxResults?: number | undefined;
  readonly nextToken?: string | undefined;
}

function listShared(ctx: Context, input: ListInput, kind: "project" | "report-group") {
  const operation = kind === "project" ? "BatchGetProjects" : "BatchGetReportGroups";
  const sign = input.sortOrder === "DESCENDING" ? -1 : 1;
  const shared = sharedWith(ctx, kind, operation).sort((a, b) => {
    const time = input.sortBy === "MODIFIED_TIME" ? a.modified - b.modified : 0;
    return sign * (time !== 0 ? time : a.arn < b.arn ? -1 : 1);
  });
  const after = offsetOf(input.nextToken);
  const limit = input.maxResults ?? PAGE;
  const { items, nextToken } = pageOf(shared.slice(after, after + limit + 1), limit, () => [after + limit]);
  return { arns: items.map(({ arn }) => arn), more: nextToken === undefined ? {} : { nextToken } };
}

export const policyOperations = {
  PutResourcePolicy: putResourcePolicy,
  GetResourcePolicy: getResourcePolicy,
  DeleteResourcePolicy: deleteResourcePolicy,
  ListSharedProjects(input: Input<"codebuild", "ListSharedProjects">, ctx: Context): Output<"codebuild", "ListSharedProjects"> {
    const { arns, more } = listShared(ctx, input, "project");
    return { projects: arns, ...more };
  },
  ListSharedReportGroups(input: Input<"codebuild", "ListSharedReportGroups">, ctx: Context): Output<"codebuild", "ListSharedReportGroups"> {
    const { arns, more } = listShared(ctx, input, "report-group");
    return { reportGroups: arns, ...more };
  },
};
