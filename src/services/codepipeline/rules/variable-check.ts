import { ActionFailure, failed } from "../actions/failures.ts";
import type { RuleProvider } from "../actions/provider.ts";

/**
 * Undefined when there is no such operator. @throws ActionFailure for an expression that is none
 * https://docs.aws.amazon.com/codepipeline/latest/userguide/rule-reference-VariableCheck.html
 */
export function checkVariable(operator: string, variable: string, value: string): boolean | undefined {
  if (operator === "EQ") return variable === value;
  if (operator === "NE") return variable !== value;
  if (operator === "CONTAINS") return variable.includes(value);
  if (operator !== "MATCHES") return undefined;
  try {
    // Like Java's `matches`: the whole text.
    return new RegExp(`^(?:${value})$`, "su").test(variable);
  } catch {
    throw new ActionFailure("ConfigurationError", `"${value}" is not a regular expression that can be read here.`);
  }
}

export const variableCheck: RuleProvider = {
  provider: "VariableCheck",
  version: "1",
  maySkip: true,
  inputs: { minimum: 0, maximum: 0 },
  configuration: ["Operator", "Variable", "Value"].map((name) => ({ name, required: true })),
  advance: async ({ configuration }) => {
    const { Operator = "", Variable = "", Value = "" } = configuration;
    const met = checkVariable(Operator, Variable, Value);
    if (met === undefined) throw new ActionFailure("ConfigurationError", `Operator is EQ, NE, CONTAINS or MATCHES, not ${Operator}.`);
    if (met) return { status: "Succeeded", externalExecutionSummary: `"${Variable}" ${Operator} "${Value}"` };
    return failed("JobFailed", `The variable check failed: "${Variable}" ${Operator} "${Value}" is not so.`);
  },
};
