import { parseArn } from "../../aws/arn.ts";
import type { Input } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";
import type { ContextKeys } from "./conditions.ts";
import { arnOf, page } from "./entities.ts";
import { type Decision, evaluate, type PrincipalPolicies, type SourcedPolicy } from "./evaluate.ts";
import { PolicyProblem, type PolicyUse, parsePolicy } from "./policy.ts";
import { policiesOfEntity } from "./principals.ts";
import { type EntityRow, entities } from "./store.ts";

type SimulationInput = Omit<Input<"iam", "SimulateCustomPolicy">, "PolicyInputList">;

/** @throws InvalidInput naming the document that cannot be read */
function parseAll(list: readonly string[] | undefined, name: string, use: PolicyUse = "identity"): SourcedPolicy[] {
  return (list ?? []).map((text, i) => {
    try {
      return { id: `${name}.${i + 1}`, source: "none", document: parsePolicy(text, use) };
    } catch (error) {
      if (!(error instanceof PolicyProblem)) throw error;
      throw new AwsException("InvalidInputException", `${name}.${i + 1}: ${error.message}`);
    }
  });
}

function contextOf(input: SimulationInput): ContextKeys {
  const entries = (input.ContextEntries ?? []).map((entry) => [(entry.ContextKeyName ?? "").toLowerCase(), entry.ContextKeyValues ?? []]);
  return new Map(entries as [string, string[]][]);
}

/** Context keys that the policies ask for and the request does not give. */
function missingKeys(policies: readonly SourcedPolicy[], context: ContextKeys): string[] {
  return contextKeysOf(policies).filter((key) => !context.has(key.toLowerCase()));
}

/** Condition keys and policy variables, each once. */
function contextKeysOf(policies: readonly SourcedPolicy[]): string[] {
  const found = new Set<string>();
  for (const { statements } of policies.map(({ document }) => document)) {
    for (const { conditions, resources = [], notResources = [] } of statements) {
      for (const { key } of conditions) found.add(key);
      for (const text of [...resources, ...notResources, ...conditions.flatMap(({ values }) => values)]) {
        for (const [, name = ""] of text.matchAll(/\$\{\s*([^},]+?)\s*(?:,[^}]*)?\}/g)) if (!/^[*?$]$/.test(name)) found.add(name);
      }
    }
  }
  return [...found].sort();
}

function refuse(operation: string, input: SimulationInput): void {
  if (input.ResourceHandlingOption !== undefined) throw notImplemented("iam", operation, "ResourceHandlingOption");
  if (input.ResourceOwner !== undefined) throw notImplemented("iam", operation, "ResourceOwner");
}

function simulate(input: SimulationInput, policies: PrincipalPolicies, callerArn: string | undefined) {
  const context = contextOf(input);
  const onResource = input.ResourcePolicy === undefined ? undefined : parseAll([input.ResourcePolicy], "ResourcePolicy", "resource");
  const boundaries = parseAll(input.PermissionsBoundaryPolicyInputList, "PermissionsBoundaryPolicyInputList");
  const asked = boundaries.length === 0 ? policies : { ...policies, boundary: boundaries };
  const arn = input.CallerArn ?? callerArn;
  const caller = arn === undefined ? undefined : { account: parseArn(arn)?.account ?? "", names: [arn] };
  const missing = missingKeys([...asked.identity, ...(asked.boundary ?? []), ...(onResource ?? [])], context);
  const results = (input.ActionNames ?? []).flatMap((action) =>
    (input.ResourceArns ?? ["*"]).map((resource) => {
      if (!action.includes(":")) throw new AwsException("InvalidInputException", `Invalid Action Name: ${action}`);
      const decision = evaluate(asked, { action, resource, context, caller }, onResource);
      return resultOf(action, resource, { decision, missing, bounded: asked.boundary !== undefined });
    }),
  );
  const { items, tail } = page(results, input, ({ EvalActionName, EvalResourceName }) => `${EvalActionName} ${EvalResourceName}`);
  return { EvaluationResults: items, ...tail };
}

function resultOf(action: string, resource: string, found: { decision: Decision; missing: string[]; bounded: boolean }) {
  const { decision, matches, limitedBy } = found.decision;
  const boundary = { PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: limitedBy !== "boundary" } };
  return {
    EvalActionName: action,
    EvalResourceName: resource,
    EvalDecision: decision,
    MatchedStatements: matches.map(({ policy }) => ({ SourcePolicyId: policy.id, SourcePolicyType: policy.source })),
    MissingContextValues: found.missing,
    ...(found.bounded ? boundary : {}),
  };
}

/** The user, role or group whose policies are asked. @throws NoSuchEntity, InvalidInput */
function sourceOf(ctx: Context, arn: string): EntityRow {
  const [kind = "", ...path] = (parseArn(arn)?.resource ?? "").split("/");
  if (kind !== "user" && kind !== "role" && kind !== "group") {
    throw new AwsException("InvalidInputException", `Invalid Entity Arn: ${arn} does not clearly define entity type and name.`);
  }
  const row = ctx.get(entities.byName, { kind, name: path.at(-1) ?? "" });
  if (row === undefined || arnOf(row) !== arn) throw new AwsException("NoSuchEntityException", `No such entity: ${arn}`);
  return row;
}

export const simulationOperations = {
  SimulateCustomPolicy: (input, ctx) => {
    refuse("SimulateCustomPolicy", input);
    const identity = parseAll(input.PolicyInputList, "PolicyInputList");
    return simulate(input, { identity }, ctx.principal.arn);
  },

  SimulatePrincipalPolicy: (input, ctx) => {
    refuse("SimulatePrincipalPolicy", input);
    const row = sourceOf(ctx, input.PolicySourceArn ?? "");
    const own = policiesOfEntity(ctx.cloud, row);
    const identity = [...own.identity, ...parseAll(input.PolicyInputList, "PolicyInputList")];
    return simulate(input, { ...own, identity }, arnOf(row));
  },

  GetContextKeysForCustomPolicy: (input) => ({ ContextKeyNames: contextKeysOf(parseAll(input.PolicyInputList, "PolicyInputList")) }),

  GetContextKeysForPrincipalPolicy: (input, ctx) => {
    const { identity, boundary = [] } = policiesOfEntity(ctx.cloud, sourceOf(ctx, input.PolicySourceArn ?? ""));
    return { ContextKeyNames: contextKeysOf([...identity, ...boundary, ...parseAll(input.PolicyInputList, "PolicyInputList")]) };
  },
} satisfies Operations<"iam">;
