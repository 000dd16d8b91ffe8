import { cloudwatchAlarm } from "../rules/cloudwatch-alarm.ts";
import { deploymentWindow } from "../rules/deployment-window.ts";
import { variableCheck } from "../rules/variable-check.ts";
import { codebuildRule, commandsRule, lambdaRule } from "../rules/workloads.ts";
import { cloudformation } from "./cloudformation.ts";
import { codebuildBuild, codebuildTest } from "./codebuild.ts";
import { codecommitSource } from "./codecommit-source.ts";
import { codedeploy } from "./codedeploy.ts";
import { commands } from "./commands.ts";
import { connectionSource } from "./connection-source.ts";
import { ecrSource } from "./ecr-source.ts";
import { failureOf } from "./failures.ts";
import { lambdaDeploy } from "./lambda-deploy.ts";
import { lambdaInvoke } from "./lambda-invoke.ts";
import { pipelineInvoke } from "./pipeline-invoke.ts";
import type { ActionProgress, ActionProvider, RuleProvider } from "./provider.ts";
import { s3Deploy } from "./s3-deploy.ts";
import { s3Source } from "./s3-source.ts";
import { unavailableProviders } from "./unavailable.ts";

const PROVIDERS: readonly ActionProvider[] = [
  s3Source,
  codecommitSource,
  connectionSource,
  ecrSource,
  codebuildBuild,
  codebuildTest,
  commands,
  cloudformation,
  codedeploy,
  s3Deploy,
  lambdaDeploy,
  lambdaInvoke,
  pipelineInvoke,
  ...unavailableProviders,
];
const RULES: readonly RuleProvider[] = [cloudwatchAlarm, codebuildRule, commandsRule, deploymentWindow, lambdaRule, variableCheck];

/** A provider may throw what another service answered; the engine gets it as the action's failure. */
function guarded<R, P extends { advance(run: R): Promise<ActionProgress> }>(provider: P): P {
  return {
    ...provider,
    advance: async (run: R) => {
      try {
        return await provider.advance(run);
      } catch (error) {
        return failureOf(error);
      }
    },
  };
}

/** AWS's own providers. `Approval / Manual` belongs to the engine. */
export const actionProviders: readonly ActionProvider[] = PROVIDERS.map(guarded);

export const ruleProviders: readonly RuleProvider[] = RULES.map(guarded);
