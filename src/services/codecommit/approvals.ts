import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { checkRule, isSatisfied, sha256 } from "./approval-rules.ts";
import { fault } from "./errors.ts";
import { type Found, findPullRequest, openPullRequest, savePullRequest } from "./pull-request-record.ts";
import type { Rule } from "./pull-request-store.ts";
import { ruleShape } from "./pull-requests.ts";

const MOST_RULES = 30;

/** @throws RevisionIdRequiredException, RevisionNotCurrentException */
function checkRevision({ body }: Found, revisionId: string | undefined): string {
  if (revisionId === undefined || revisionId === "") throw fault("RevisionIdRequired", "A revision ID is required, but was not provided.");
  if (revisionId !== body.revisionId)
    throw fault(
      "RevisionNotCurrent",
      "The revision ID provided in the request does not match the current revision ID. Use GetPullRequest to retrieve the current revision ID.",
    );
  return revisionId;
}

/** How a pull request stands by its rules, at its current revision. */
export function evaluate({ body }: Found) {
  const states = Object.entries(body.approvals[body.revisionId] ?? {});
  const approvers = states.flatMap(([user, state]) => (state === "APPROVE" ? [user] : []));
  const satisfied = body.rules.filter(({ content }) => isSatisfied(content, approvers)).map(({ name }) => name);
  const not = body.rules.map(({ name }) => name).filter((name) => !satisfied.includes(name));
  const overridden = body.overrides[body.revisionId] !== undefined;
  return { approved: not.length === 0, overridden, approvalRulesSatisfied: satisfied, approvalRulesNotSatisfied: not };
}

export function evaluatePullRequestApprovalRules(
  input: Input<"codecommit", "EvaluatePullRequestApprovalRules">,
  ctx: Context,
): Output<"codecommit", "EvaluatePullRequestApprovalRules"> {
  const found = findPullRequest(ctx, input.pullRequestId);
  checkRevision(found, input.revisionId);
  const { approved, ...rest } = evaluate(found);
  return { evaluation: { approved: approved || rest.overridden, ...rest } };
}

export function getPullRequestApprovalStates(
  input: Input<"codecommit", "GetPullRequestApprovalStates">,
  ctx: Context,
): Output<"codecommit", "GetPullRequestApprovalStates"> {
  const { body } = findPullRequest(ctx, input.pullRequestId);
  const states = Object.entries(body.approvals[input.revisionId ?? ""] ?? {});
  return { approvals: states.map(([userArn, approvalState]) => ({ userArn, approvalState })) };
}

export function updatePullRequestApprovalState(
  input: Input<"codecommit", "UpdatePullRequestApprovalState">,
  ctx: Context,
): Output<"codecommit", "UpdatePullRequestApprovalState"> {
  return ctx.tx(() => {
    const found = openPullRequest(ctx, input.pullRequestId);
    const revisionId = checkRevision(found, input.revisionId);
    const state = input.approvalState;
    if (state !== "APPROVE" && state !== "REVOKE")
      throw fault("InvalidApprovalState", "The state for the approval is not valid. Valid values include APPROVE and REVOKE.");
    const user = ctx.principal.arn;
    if (user === found.row.author)
      throw fault(
        "PullRequestCannotBeApprovedByAuthor",
        "The approval cannot be applied because the user approving the pull request matches the user who created the pull request.",
      );
    const approvals = { ...found.body.approvals, [revisionId]: { ...found.body.approvals[revisionId], [user]: state } };
    savePullRequest(
      ctx,
      found,
      { approvals },
      {
        type: "PULL_REQUEST_APPROVAL_STATE_CHANGED",
        metadata: { approvalStateChangedEventMetadata: { revisionId, approvalStatus: state } },
        event: "pullRequestApprovalStateChanged",
        more: { approvalStatus: state },
        told: `A user has changed their approval state for the pull request. State change: ${state}.`,
      },
    );
    return {};
  });
}

export function overridePullRequestApprovalRules(
  input: Input<"codecommit", "OverridePullRequestApprovalRules">,
  ctx: Context,
): Output<"codecommit", "OverridePullRequestApprovalRules"> {
  return ctx.tx(() => {
    const found = openPullRequest(ctx, input.pullRequestId);
    const revisionId = checkRevision(found, input.revisionId);
    const status = input.overrideStatus;
    if (status !== "OVERRIDE" && status !== "REVOKE")
      throw fault("InvalidOverrideStatus", "The override status is not valid. Valid statuses are OVERRIDE and REVOKE.");
    const { [revisionId]: current, ...others } = found.body.overrides;
    if ((current !== undefined) === (status === "OVERRIDE"))
      throw fault("OverrideAlreadySet", "The pull request has already had its approval rules set to override.");
    const overrides = status === "OVERRIDE" ? { ...others, [revisionId]: ctx.principal.arn } : others;
    savePullRequest(
      ctx,
      found,
      { overrides },
      {
        type: "PULL_REQUEST_APPROVAL_RULE_OVERRIDDEN",
        metadata: { approvalRuleOverriddenEventMetadata: { revisionId, overrideStatus: status } },
        event: "pullRequestApprovalRuleOverridden",
        more: { overrideStatus: status },
        told: `An override event has occurred for the approval rules for this pull request. Override status: ${status}.`,
      },
    );
    return {};
  });
}

export function getPullRequestOverrideState(
  input: Input<"codecommit", "GetPullRequestOverrideState">,
  ctx: Context,
): Output<"codecommit", "GetPullRequestOverrideState"> {
  const { body } = findPullRequest(ctx, input.pullRequestId);
  const overrider = body.overrides[input.revisionId ?? ""];
  return overrider === undefined ? { overridden: false } : { overridden: true, overrider };
}

function happening(rule: Rule, what: "Created" | "Updated" | "Deleted") {
  return {
    type: `PULL_REQUEST_APPROVAL_RULE_${what.toUpperCase()}`,
    metadata: { approvalRuleEventMetadata: { approvalRuleName: rule.name, approvalRuleId: rule.id, approvalRuleContent: rule.content } },
    event: `pullRequestApprovalRule${what}`,
    more: { approvalRuleContentSha256: sha256(rule.content), approvalRuleId: rule.id, approvalRuleName: rule.name },
    told: `An approval rule has been ${what.toLowerCase()}: ${rule.name}.`,
  };
}

export function createPullRequestApprovalRule(
  input: Input<"codecommit", "CreatePullRequestApprovalRule">,
  ctx: Context,
): Output<"codecommit", "CreatePullRequestApprovalRule"> {
  const content = checkRule(input.approvalRuleContent, "InvalidApprovalRuleContent");
  return ctx.tx(() => {
    const found = openPullRequest(ctx, input.pullRequestId);
    const name = input.approvalRuleName ?? "";
    if (found.body.rules.some((rule) => rule.name === name))
      throw fault("ApprovalRuleNameAlreadyExists", `An approval rule named ${name} exists already.`);
    if (found.body.rules.length >= MOST_RULES)
      throw fault("NumberOfRulesExceeded", `A pull request takes ${MOST_RULES} approval rules at most.`);
    const rule: Rule = { id: ctx.cloud.ids.uuid(), name, content, created: ctx.now, modified: ctx.now, modifiedBy: ctx.principal.arn };
    savePullRequest(ctx, found, { rules: [...found.body.rules, rule] }, happening(rule, "Created"));
    return { approvalRule: ruleShape(rule) };
  });
}

function ruleOf({ body }: Found, name: string | undefined): Rule {
  const rule = body.rules.find((candidate) => candidate.name === name);
  if (rule === undefined) throw fault("ApprovalRuleDoesNotExist", `The specified approval rule does not exist: ${name ?? ""}`);
  return rule;
}

export function updatePullRequestApprovalRuleContent(
  input: Input<"codecommit", "UpdatePullRequestApprovalRuleContent">,
  ctx: Context,
): Output<"codecommit", "UpdatePullRequestApprovalRuleContent"> {
  const content = checkRule(input.newRuleContent, "InvalidApprovalRuleContent");
  return ctx.tx(() => {
    const found = openPullRequest(ctx, input.pullRequestId);
    const rule = ruleOf(found, input.approvalRuleName);
    if (rule.template !== undefined)
      throw fault(
        "CannotModifyApprovalRuleFromTemplate",
        "The approval rule cannot be modified for the pull request because it was created by an approval rule template.",
      );
    if (input.existingRuleContentSha256 !== undefined && input.existingRuleContentSha256 !== sha256(rule.content))
      throw fault("InvalidRuleContentSha256", "The SHA-256 hash signature for the rule content is not valid.");
    const next: Rule = { ...rule, content, modified: ctx.now, modifiedBy: ctx.principal.arn };
    savePullRequest(
      ctx,
      found,
      { rules: found.body.rules.map((other) => (other.id === rule.id ? next : other)) },
      happening(next, "Updated"),
    );
    return { approvalRule: ruleShape(next) };
  });
}

export function deletePullRequestApprovalRule(
  input: Input<"codecommit", "DeletePullRequestApprovalRule">,
  ctx: Context,
): Output<"codecommit", "DeletePullRequestApprovalRule"> {
  return ctx.tx(() => {
    const found = openPullRequest(ctx, input.pullRequestId);
    const rule = found.body.rules.find(({ name }) => name === input.approvalRuleName);
    // "If the approval rule was deleted in an earlier API call, the response is 200 OK without content."
    if (rule === undefined) return { approvalRuleId: "" };
    if (rule.template !== undefined)
      throw fault(
        "CannotDeleteApprovalRuleFromTemplate",
        "The approval rule cannot be deleted from the pull request because it was created by an approval rule template and applied to the pull request automatically.",
      );
    savePullRequest(ctx, found, { rules: found.body.rules.filter(({ id }) => id !== rule.id) }, happening(rule, "Deleted"));
    return { approvalRuleId: rule.id };
  });
}
