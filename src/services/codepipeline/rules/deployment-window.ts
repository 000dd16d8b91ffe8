import { ActionFailure, failed } from "../actions/failures.ts";
import type { RuleProvider } from "../actions/provider.ts";
import { momentIn, parseWindow } from "./window.ts";

/** Met when the rule runs within the window, by virtual time. https://docs.aws.amazon.com/codepipeline/latest/userguide/rule-reference-DeploymentWindow.html */
export const deploymentWindow: RuleProvider = {
  provider: "DeploymentWindow",
  version: "1",
  inputs: { minimum: 0, maximum: 0 },
  configuration: [{ name: "Cron", required: true }, { name: "TimeZone" }],
  advance: async (run) => {
    const cron = run.configuration["Cron"] ?? "";
    const zone = run.configuration["TimeZone"] ?? "UTC";
    const window = parseWindow(cron);
    if (window === undefined) throw new ActionFailure("ConfigurationError", `The cron expression "${cron}" is not valid.`);
    const moment = momentIn(run.ctx.now, zone);
    if (moment === undefined) throw new ActionFailure("ConfigurationError", `The time zone "${zone}" is not known.`);
    const told = `${new Date(run.ctx.now).toISOString()} in ${zone}`;
    if (window(moment)) return { status: "Succeeded", externalExecutionSummary: `${told} is within the deployment window "${cron}"` };
    return failed("JobFailed", `${told} is outside of the deployment window "${cron}".`);
  },
};
