import { AwsException } from "../../../aws/exception.ts";
import { findRuleProvider } from "../registry.ts";
import { describeType } from "./action-rules.ts";
import type { Condition, Declaration, Rule, Stage } from "./declaration.ts";

const invalid = (message: string): AwsException => new AwsException("InvalidStageDeclarationException", message);

const RESULTS = { beforeEntry: ["FAIL", "SKIP"], onSuccess: ["FAIL", "ROLLBACK"], onFailure: ["ROLLBACK"] } as const;

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-conditions.html @throws AwsException */
export function checkConditions({ executionMode }: Declaration, stage: Stage, index: number): void {
  for (const kind of ["beforeEntry", "onSuccess", "onFailure"] as const) {
    for (const condition of stage[kind]?.conditions ?? []) checkCondition(stage, kind, condition);
  }
  checkFailure(stage);
  const rollsBack =
    stage.onFailure?.result === "ROLLBACK" ||
    (["onSuccess", "onFailure"] as const).some((kind) => stage[kind]?.conditions?.some(({ result }) => result === "ROLLBACK"));
  if (rollsBack && executionMode === "PARALLEL") {
    throw invalid(`Stage '${stage.name}' has a result ROLLBACK, which can not be used in pipelines of execution mode PARALLEL.`);
  }
  if (rollsBack && index === 0) throw invalid(`Stage '${stage.name}' is the source stage, which can not be rolled back.`);
}

function checkFailure({ name, onFailure }: Stage): void {
  if (onFailure === undefined) return;
  const { result, retryConfiguration, conditions } = onFailure;
  if (result === "FAIL" || result === "SKIP")
    throw invalid(`Stage '${name}' has the result ${result} for onFailure, which may be ROLLBACK or RETRY.`);
  if (retryConfiguration !== undefined && result !== "RETRY") {
    throw invalid(`Stage '${name}' has a retryConfiguration, which needs the result RETRY for onFailure.`);
  }
  if (result === "RETRY" && conditions !== undefined) {
    throw invalid(`Stage '${name}' has the result RETRY and conditions for onFailure, which can not be used together.`);
  }
}

function checkCondition({ name }: Stage, kind: keyof typeof RESULTS, { result, rules }: Condition): void {
  const allowed: readonly string[] = RESULTS[kind];
  if (result === undefined || !allowed.includes(result)) {
    throw invalid(
      `Stage '${name}' has a condition for ${kind} with the result ${result ?? "(none)"}, which may be ${allowed.join(" or ")}.`,
    );
  }
  const names = new Set<string>();
  for (const rule of rules) {
    if (names.has(rule.name)) throw invalid(`Stage '${name}' has multiple rules with the name '${rule.name}' for ${kind}.`);
    names.add(rule.name);
    checkRule(name, rule, result);
  }
}

function checkRule(stage: string, rule: Rule, result: string): void {
  const provider = findRuleProvider(rule.ruleTypeId);
  if (provider === undefined)
    throw invalid(`RuleType ${describeType(rule.ruleTypeId)} in rule '${rule.name}' of stage '${stage}' is not available.`);
  if (result === "SKIP" && provider.maySkip !== true) {
    throw invalid(`Rule '${rule.name}' of stage '${stage}' can not be used with the result SKIP: only LambdaInvoke and VariableCheck can.`);
  }
  const missing = provider.configuration.find((key) => key.required === true && rule.configuration[key.name] === undefined);
  if (missing !== undefined)
    throw invalid(`Rule configuration for rule '${rule.name}' is missing required configuration '${missing.name}'`);
  const { minimum, maximum } = provider.inputs;
  const count = rule.inputArtifacts.length;
  if (count < minimum || count > maximum) {
    throw invalid(`Rule '${rule.name}' of stage '${stage}' has ${count} input artifacts; it may have ${minimum} to ${maximum}.`);
  }
}
