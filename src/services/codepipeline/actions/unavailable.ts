import { failed } from "./failures.ts";
import type { ActionProvider } from "./provider.ts";

type Kind = Pick<ActionProvider, "category" | "provider"> & Partial<Pick<ActionProvider, "v2Only" | "owner">>;

/** AWS's other providers: pipelines with them can be made, and their actions fail with a clear word. */
const KINDS: readonly Kind[] = [
  { category: "Build", provider: "ECRBuildAndPublish", v2Only: true },
  { category: "Test", provider: "DeviceFarm" },
  { category: "Deploy", provider: "AlexaSkillsKit", owner: "ThirdParty" },
  { category: "Deploy", provider: "AppConfig" },
  { category: "Deploy", provider: "CloudFormationStackInstances" },
  { category: "Deploy", provider: "CloudFormationStackSet" },
  { category: "Deploy", provider: "CodeDeployToECS" },
  { category: "Deploy", provider: "EC2", v2Only: true },
  { category: "Deploy", provider: "ECS" },
  { category: "Deploy", provider: "EKS", v2Only: true },
  { category: "Deploy", provider: "ElasticBeanstalk" },
  { category: "Deploy", provider: "OpsWorks" },
  { category: "Deploy", provider: "ServiceCatalog" },
  { category: "Invoke", provider: "InspectorScan", v2Only: true },
  { category: "Invoke", provider: "StepFunctions" },
  { category: "Source", provider: "GitHub", owner: "ThirdParty" },
];

function unavailable({ category, provider, owner = "AWS", v2Only = false }: Kind): ActionProvider {
  return {
    category,
    owner,
    provider,
    version: "1",
    v2Only,
    inputs: { minimum: 0, maximum: 10 },
    outputs: { minimum: 0, maximum: 5 },
    configuration: [],
    anyConfiguration: true,
    advance: async () =>
      failed("SystemUnavailable", `Actions of the provider ${provider} (${category}, ${owner}) are not implemented by Orrery.`),
  };
}

export const unavailableProviders: readonly ActionProvider[] = KINDS.map(unavailable);
