import type { ActionConfigurationProperty, ActionType, ActionTypeId, ArtifactDetails } from "@aws-sdk/client-codepipeline";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { decodeToken, pageOf } from "../../aws/paging.ts";
import type { Operations } from "../../aws/service.ts";
import type { ActionProvider, ConfigurationKey } from "./actions/provider.ts";
import { actionProviders, ruleProviders } from "./actions/registry.ts";
import { approval } from "./approval-provider.ts";
import { type ActionTypeRow, selectActionType, selectActionTypes, upsertActionType } from "./jobs-store.ts";

/** A type of actions that the account made itself. */
export interface CustomType {
  readonly id: { readonly category: string; readonly provider: string; readonly version: string };
  readonly inputs: { readonly minimumCount: number; readonly maximumCount: number };
  readonly outputs: { readonly minimumCount: number; readonly maximumCount: number };
  readonly properties: readonly { readonly name: string; readonly required: boolean; readonly secret: boolean }[];
}

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html */
const MOST_TYPES = 50;
const MOST_PROPERTIES = 10;
const PAGE = 100;

type Body = Pick<ActionType, "settings" | "actionConfigurationProperties" | "inputArtifactDetails" | "outputArtifactDetails">;

function actionType(row: ActionTypeRow): ActionType {
  const body = JSON.parse(row.body) as Required<Body>;
  const id = { category: row.category as ActionTypeId["category"], owner: "Custom" as const, provider: row.provider, version: row.version };
  return { id, ...body };
}

/** Undefined when there is none, or none any more. */
export function customType(ctx: Context, id: Partial<ActionTypeId>): CustomType | undefined {
  const { category = "Build", provider = "", version = "" } = id;
  const row = ctx.get(selectActionType, { category, provider, version });
  if (row === undefined || row.deleted !== 0) return undefined;
  const { inputArtifactDetails, outputArtifactDetails, actionConfigurationProperties = [] } = actionType(row);
  const counts = (details: ArtifactDetails | undefined) => ({
    minimumCount: details?.minimumCount ?? 0,
    maximumCount: details?.maximumCount ?? 0,
  });
  return {
    id: { category, provider, version },
    inputs: counts(inputArtifactDetails),
    outputs: counts(outputArtifactDetails),
    properties: actionConfigurationProperties.map(({ name = "", required = false, secret = false }) => ({ name, required, secret })),
  };
}

const invalid = (message: string): AwsException => new AwsException("ValidationException", message);

function checkDetails(
  inputs: ArtifactDetails | undefined,
  outputs: ArtifactDetails | undefined,
  properties: readonly ActionConfigurationProperty[],
) {
  for (const { minimumCount = 0, maximumCount = 0 } of [inputs ?? {}, outputs ?? {}] as ArtifactDetails[]) {
    if (minimumCount > maximumCount) throw invalid("The minimum count of artifacts is greater than the maximum count");
  }
  if (properties.length > MOST_PROPERTIES) throw invalid(`An action type has at most ${MOST_PROPERTIES} configuration properties`);
  // https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ActionConfigurationProperty.html
  const queryable = properties.filter((property) => property.queryable === true);
  if (queryable.length > 1) throw invalid("You can have up to one queryable property");
  for (const { name, required, secret } of queryable) {
    if (required !== true || secret === true) throw invalid(`The queryable property ${name} must be required and not secret`);
  }
}

function own(provider: ActionProvider): ActionType {
  const property = ({ name, required = false, secret = false }: ConfigurationKey): ActionConfigurationProperty => ({
    name,
    required,
    key: false,
    secret,
  });
  const { category, owner, provider: name, version, inputs, outputs } = provider;
  return {
    id: { category, owner, provider: name, version },
    settings: {},
    actionConfigurationProperties: provider.configuration.map(property),
    inputArtifactDetails: { minimumCount: inputs.minimum, maximumCount: inputs.maximum },
    outputArtifactDetails: { minimumCount: outputs.minimum, maximumCount: outputs.maximum },
  };
}

function pageStart(token: string | undefined): number {
  if (token === undefined) return 0;
  const start = decodeToken(token)?.[0];
  if (typeof start !== "number") throw new AwsException("InvalidNextTokenException", "The next token was specified in an invalid format.");
  return start;
}

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/actions-create-custom-action.html */
export const customActions = {
  CreateCustomActionType: (input, ctx) => {
    const { category = "Build", provider = "", version = "", configurationProperties = [], tags = [] } = input;
    if (category === "Approval" || category === "Compute") throw invalid(`A custom action type cannot be of the category ${category}`);
    checkDetails(input.inputArtifactDetails, input.outputArtifactDetails, configurationProperties);
    const body = JSON.stringify({
      settings: input.settings ?? {},
      actionConfigurationProperties: configurationProperties,
      inputArtifactDetails: input.inputArtifactDetails,
      outputArtifactDetails: input.outputArtifactDetails,
    });
    return ctx.tx(() => {
      const found = ctx.get(selectActionType, { category, provider, version });
      if (found?.deleted === 0) throw invalid(`The action type ${category}/Custom/${provider}/${version} exists already`);
      if (found !== undefined && found.body !== body) {
        throw invalid(`The version ${version} was used by an action type that was deleted: use another one, or the definition that it had`);
      }
      if (ctx.all(selectActionTypes, {}).length >= MOST_TYPES) {
        throw new AwsException("LimitExceededException", `The account has ${MOST_TYPES} custom action types already`);
      }
      const row = { category, provider, version, body, tags: JSON.stringify(tags), deleted: 0 };
      ctx.run(upsertActionType, row);
      ctx.claim(`${category}/${provider}/${version}`);
      emitType(ctx, "Custom action type created", row);
      return { actionType: actionType(row), ...(tags.length === 0 ? {} : { tags }) };
    });
  },

  DeleteCustomActionType: (input, ctx) => {
    const { category = "Build", provider = "", version = "" } = input;
    const found = ctx.get(selectActionType, { category, provider, version });
    if (found === undefined || found.deleted !== 0) return {};
    ctx.tx(() => {
      ctx.run(upsertActionType, { ...found, deleted: 1 });
      emitType(ctx, "Custom action type deleted", found);
    });
    return {};
  },

  ListActionTypes: (input, ctx) => {
    const types = [approval, ...actionProviders].map(own);
    const all = [...types, ...ctx.all(selectActionTypes, {}).map(actionType)];
    const wanted = all.filter(({ id }) => input.actionOwnerFilter === undefined || id?.owner === input.actionOwnerFilter);
    const start = pageStart(input.nextToken);
    const rows = wanted.slice(start, start + PAGE + 1).map((type, index) => ({ type, next: start + index + 1 }));
    const { items, nextToken } = pageOf(rows, PAGE, ({ next }) => [next]);
    return { actionTypes: items.map(({ type }) => type), ...(nextToken === undefined ? {} : { nextToken }) };
  },

  ListRuleTypes: () => ({
    ruleTypes: ruleProviders.map(({ provider, version, configuration, inputs }) => ({
      id: { category: "Rule" as const, owner: "AWS" as const, provider, version },
      settings: {},
      ruleConfigurationProperties: configuration.map(({ name, required = false, secret = false }) => ({
        name,
        required,
        key: false,
        secret,
      })),
      inputArtifactDetails: { minimumCount: inputs.minimum, maximumCount: inputs.maximum },
    })),
  }),
} satisfies Operations<"codepipeline">;

function emitType(ctx: Context, type: string, { category, provider, version }: ActionTypeRow): void {
  ctx.emit({
    source: "aws.codepipeline",
    type,
    resources: [ctx.arn("codepipeline", `actiontype:Custom/${category}/${provider}/${version}`)],
    detail: { category, provider, version },
  });
}
