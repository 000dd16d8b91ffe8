import type { Context } from "../../../aws/context.ts";

/** An instance does one thing at a time, as its agent does. */
export const laneOfInstance = (ctx: Context, name: string): string => `codedeploy-instance:${ctx.account}:${ctx.region}:${name}`;
