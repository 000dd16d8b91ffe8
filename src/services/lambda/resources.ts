import type { ResourceType } from "../../aws/resource.ts";
import { alias, version } from "./resource-aliases.ts";
import { functionType } from "./resource-function.ts";
import { eventInvokeConfig, url } from "./resource-invocation.ts";
import { layerVersion, layerVersionPermission } from "./resource-layers.ts";
import { eventSourceMapping } from "./resource-mappings.ts";
import { permission } from "./resource-permissions.ts";

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Lambda.html */
export const resources: Readonly<Record<string, ResourceType>> = {
  "AWS::Lambda::Function": functionType,
  "AWS::Lambda::Version": version,
  "AWS::Lambda::Alias": alias,
  "AWS::Lambda::Permission": permission,
  "AWS::Lambda::EventSourceMapping": eventSourceMapping,
  "AWS::Lambda::LayerVersion": layerVersion,
  "AWS::Lambda::LayerVersionPermission": layerVersionPermission,
  "AWS::Lambda::Url": url,
  "AWS::Lambda::EventInvokeConfig": eventInvokeConfig,
};
