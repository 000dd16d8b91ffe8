import type { Subscription } from "../../aws/service.ts";
import { alarmEnding } from "./alarms.ts";
import { halt, running } from "./lifecycle.ts";
import { platformOf } from "./platforms.ts";
import { selectWatches } from "./store.ts";

interface AlarmDetail {
  readonly alarmName?: string;
  readonly state?: { readonly value?: string; readonly reason?: string };
}

/** An alarm that goes to ALARM stops the deployments that heed it, then and there; its event is the cause. */
export const alarmEvents: Subscription = {
  name: "codedeploy.alarms",
  wants: ({ source, type, detail }) =>
    source === "aws.cloudwatch" && type === "CloudWatch Alarm State Change" && (detail as AlarmDetail).state?.value === "ALARM",
  handle: (ctx, event) => {
    const { alarmName: alarm = "", state } = event.detail as AlarmDetail;
    for (const { deployment: id } of ctx.all(selectWatches, { alarm })) {
      const deployment = running(ctx, id);
      if (deployment === undefined) continue;
      halt(ctx, platformOf(deployment.platform), id, alarmEnding([alarm], `${alarm} went to ALARM: ${state?.reason ?? ""}`));
    }
  },
};
