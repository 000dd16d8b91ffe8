import { createHmac, randomBytes } from "node:crypto";
import type { Cloud } from "../../aws/context.ts";
import type { Operations } from "../../aws/service.ts";
import { registryHost } from "./repositories.ts";

const TOKEN_MS = 12 * 3_600_000;
const SIGNING_KEY = "ecr.token-key";

/** Registry passwords are signed with a key of this cloud's own, so that they need no table and end with the cloud's state. */
function signingKey(cloud: Cloud): Buffer {
  const kept = cloud.store.setting(SIGNING_KEY);
  if (kept !== undefined) return Buffer.from(kept, "base64");
  const made = randomBytes(32);
  cloud.store.setSetting(SIGNING_KEY, made.toString("base64"));
  return made;
}

export const registryOperations = {
  DescribeRegistry: (_input, ctx) => ({ registryId: ctx.account, replicationConfiguration: { rules: [] } }),

  GetAuthorizationToken: (input, ctx) => {
    const { cloud } = ctx;
    // docker compares the expiry with its own clock: wall time.
    const expires = cloud.clock.wall() + TOKEN_MS;
    const claims = { account: ctx.account, region: ctx.region, principal: ctx.principal.arn, expires };
    const payload = Buffer.from(JSON.stringify(claims)).toString("base64url");
    const signature = createHmac("sha256", signingKey(cloud)).update(payload).digest("base64url");
    const data = {
      authorizationToken: Buffer.from(`AWS:${payload}.${signature}`).toString("base64"),
      expiresAt: new Date(expires),
      proxyEndpoint: `http://${registryHost(ctx)}`,
    };
    return { authorizationData: (input.registryIds ?? [ctx.account]).map(() => data) };
  },
} satisfies Operations<"ecr">;
