import { callerFacts } from "../../aws/identity.ts";
import { signerOf } from "../../aws/signed-request.ts";
import { header } from "./call.ts";
import { type AuthorizableCall, forbidden, type Verdict } from "./verdict.ts";

/**
 * Signature Version 4 for the service `execute-api`, then `execute-api:Invoke` by the caller's policies.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control-iam.html
 */
export function authorizeIam(call: AuthorizableCall): Verdict {
  const { cloud } = call.ctx;
  const { region, account, apiId, name } = call.live;
  const { method, query, body } = call;
  const signer = signerOf(cloud, "execute-api", { method, path: call.wirePath, query, body, header: (one) => header(call, one) });
  if (signer === undefined || signer.region !== region) return forbidden();
  const { principal, accessKeyId } = signer.key;
  const resource = `arn:aws:execute-api:${region}:${account}:${apiId}/${name}/${method}${call.path}`;
  if (!cloud.identity.decide({ principal, action: "execute-api:Invoke", resource, conditions: {} }).allowed) return forbidden();
  return { granted: { kind: "iam", iam: { accessKey: accessKeyId, ...callerFacts(principal) } } };
}
