import { parseArn } from "../../aws/arn.ts";
import { type Cloud, Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { rootPrincipal } from "../../aws/identity.ts";
import type { LocalAnswers } from "../../aws/service.ts";
import { connectionRepository } from "../../runtime/git/index.ts";
import { exclusively } from "../../runtime/git/refs.ts";
import { completeConnection, completeHost, connectionBody, connectionShape, hostBody } from "./connections.ts";
import { findItem } from "./items.ts";
import { tellPush } from "./pushes.ts";

type Body = Readonly<Record<string, unknown>>;

/**
 * What the console's handshake and a provider's webhook are on AWS: `POST /_orrery/connections/complete` with `ConnectionArn` or
 * `HostArn`, and `POST /_orrery/connections/notify` with `ConnectionArn` and `FullRepositoryId`, for repositories of hosts.
 */
export function localAnswers(cloud: Cloud): LocalAnswers {
  return {
    "POST connections/complete": (_query, body) => {
      if (body["HostArn"] !== undefined) return { HostArn: completeHost(...scoped(cloud, body, "HostArn")).arn, Status: "AVAILABLE" };
      return connectionShape(completeConnection(...scoped(cloud, body, "ConnectionArn")));
    },
    "POST connections/notify": async (_query, body) => {
      const [ctx, arn] = scoped(cloud, body, "ConnectionArn");
      await notify(ctx, arn, textOf(body, "FullRepositoryId"));
      return {};
    },
  };
}

/** The root of the ARN's account in its region. */
function scoped(cloud: Cloud, body: Body, member: string): [Context, string] {
  const arn = textOf(body, member);
  const { account = "", region = "" } = parseArn(arn) ?? {};
  return [new Context(cloud, { account, region, principal: rootPrincipal(account) }), arn];
}

function textOf(body: Body, member: string): string {
  const value = body[member];
  if (typeof value === "string" && value !== "") return value;
  throw new AwsException("ValidationException", `${member} is missing`, { status: 400 });
}

/** Fetches a repository of a host and tells what is new there. */
async function notify(ctx: Context, arn: string, fullRepositoryId: string): Promise<void> {
  const { hostArn } = connectionBody(findItem(ctx, "connection", arn));
  if (hostArn === undefined) return;
  const { providerEndpoint } = hostBody(findItem(ctx, "host", hostArn));
  const { cloud } = ctx;
  const key = `${hostArn}:${fullRepositoryId}`;
  const release = cloud.clock.busy(`fetch ${fullRepositoryId}`);
  try {
    await exclusively(cloud, key, async () => {
      const path = await connectionRepository({ dataDir: cloud.dataDir, providerEndpoint, fullRepositoryId });
      await tellPush(cloud, { key, path, fullRepositoryId, hostArn });
    });
  } finally {
    release();
  }
}
