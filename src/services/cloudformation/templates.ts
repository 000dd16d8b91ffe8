import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { changeSetOf } from "./change-sets.ts";
import { type Desired, templateOf } from "./engine/model.ts";
import { requireStack } from "./request.ts";
import * as store from "./store.ts";
import { listOf, resourcesOf } from "./template/graph.ts";
import { isNoEcho, parametersOf } from "./template/parameters.ts";
import { parseTemplate, type Template, validationError } from "./template/parse.ts";
import { readTemplate } from "./template/source.ts";
import { requiredCapabilities, validateTemplate } from "./template/validate.ts";

export function getTemplate(input: Input<"cloudformation", "GetTemplate">, ctx: Context): Output<"cloudformation", "GetTemplate"> {
  const set = input.ChangeSetName === undefined ? undefined : changeSetOf(ctx, input.ChangeSetName, input.StackName);
  const desired: Desired = set?.body.desired ?? requireStack(ctx, input.StackName).body.desired;
  const row = ctx.get(store.templateById, { id: desired.templateId });
  const processed = input.TemplateStage === "Processed" && parseTemplate(row?.text ?? "{}").Transform !== undefined;
  return { TemplateBody: processed ? row?.processed : row?.text, StagesAvailable: ["Original", "Processed"] };
}

function parametersOut(template: Template) {
  return [...parametersOf(template)].map(([key, one]) => ({
    ParameterKey: key,
    ...(one.Default === undefined ? {} : { DefaultValue: String(one.Default) }),
    ParameterType: one.Type,
    NoEcho: isNoEcho(one),
    ...(one.Description === undefined ? {} : { Description: one.Description }),
    ...(one.AllowedValues === undefined ? {} : { ParameterConstraints: { AllowedValues: one.AllowedValues.map(String) } }),
  }));
}

async function templateIn(ctx: Context, input: { TemplateBody?: string | undefined; TemplateURL?: string | undefined }): Promise<Template> {
  if (input.TemplateBody !== undefined) return parseTemplate(input.TemplateBody);
  if (input.TemplateURL !== undefined) return parseTemplate(await readTemplate(ctx, input.TemplateURL));
  throw validationError("Either Template URL or Template Body must be specified.");
}

export async function getTemplateSummary(
  input: Input<"cloudformation", "GetTemplateSummary">,
  ctx: Context,
): Promise<Output<"cloudformation", "GetTemplateSummary">> {
  const template =
    input.StackName === undefined
      ? await templateIn(ctx, input)
      : templateOf(ctx, requireStack(ctx, input.StackName).body.desired.templateId);
  const needed = requiredCapabilities(template);
  return {
    Parameters: parametersOut(template),
    ...(template.Description === undefined ? {} : { Description: template.Description }),
    Capabilities: needed.capabilities as ("CAPABILITY_IAM" | "CAPABILITY_NAMED_IAM" | "CAPABILITY_AUTO_EXPAND")[],
    ...(needed.reason === undefined ? {} : { CapabilitiesReason: needed.reason }),
    ResourceTypes: [...new Set([...resourcesOf(template).values()].map((one) => one.Type))].sort(),
    ...(template.AWSTemplateFormatVersion === undefined ? {} : { Version: String(template.AWSTemplateFormatVersion) }),
    ...(template.Metadata === undefined ? {} : { Metadata: JSON.stringify(template.Metadata) }),
    DeclaredTransforms: listOf(template.Transform),
  };
}

export async function validate(
  input: Input<"cloudformation", "ValidateTemplate">,
  ctx: Context,
): Promise<Output<"cloudformation", "ValidateTemplate">> {
  const template = await templateIn(ctx, input);
  if (template.Transform === undefined) validateTemplate(template);
  const needed = requiredCapabilities(template);
  return {
    Parameters: parametersOut(template).map(({ ParameterType: _type, ParameterConstraints: _constraints, ...rest }) => rest),
    ...(template.Description === undefined ? {} : { Description: template.Description }),
    ...(needed.capabilities.length === 0 ? {} : { Capabilities: needed.capabilities as "CAPABILITY_IAM"[] }),
    ...(needed.reason === undefined ? {} : { CapabilitiesReason: needed.reason }),
    DeclaredTransforms: listOf(template.Transform),
  };
}
