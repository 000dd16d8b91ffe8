import { authorizeIam } from "./authorize-iam.ts";
import { authorizeLambda } from "./authorize-lambda.ts";
import { type Claims, TokenRefused, verifyToken } from "./jwt.ts";
import { type AuthorizableCall, forbidden, identityValue, unauthorized, type Verdict } from "./verdict.ts";

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control.html */
export async function authorize(call: AuthorizableCall): Promise<Verdict> {
  switch (call.route.body.AuthorizationType) {
    case "JWT":
      return await authorizeJwt(call);
    case "CUSTOM":
      return await authorizeLambda(call);
    case "AWS_IAM":
      return authorizeIam(call);
    default:
      return { granted: { kind: "none" } };
  }
}

async function authorizeJwt(call: AuthorizableCall): Promise<Verdict> {
  const { authorizer, body } = call.route;
  const [source = ""] = authorizer?.IdentitySource ?? [];
  const token = identityValue(call, source)?.replace(/^Bearer\s+/i, "");
  if (token === undefined || token === "") return unauthorized({ headers: [["www-authenticate", "Bearer"]] });
  const { Issuer = "", Audience = [] } = authorizer?.JwtConfiguration ?? {};
  const wanted = body.AuthorizationScopes ?? [];
  let claims: Claims;
  try {
    claims = await verifyToken(call.ctx.cloud, token, { issuer: Issuer, audience: Audience });
  } catch (error) {
    if (!(error instanceof TokenRefused)) throw error;
    const challenge = `Bearer scope="${wanted.join(" ")}" error="invalid_token" error_description="${error.message}"`;
    return unauthorized({ headers: [["www-authenticate", challenge]] });
  }
  const scopes = scopesOf(claims);
  if (wanted.length > 0 && !wanted.some((scope) => scopes.includes(scope))) return forbidden();
  return { granted: { kind: "jwt", claims: asTexts(claims), scopes: wanted.length > 0 ? scopes : null } };
}

function scopesOf({ scope, scp }: Claims): string[] {
  return [scope ?? scp ?? ""]
    .flat()
    .flatMap((text) => String(text).split(" "))
    .filter((text) => text !== "");
}

/** Functions get every claim as text, lists as `[a b]`. */
function asTexts(claims: Claims): Record<string, string> {
  const text = (value: unknown): string =>
    Array.isArray(value) ? `[${value.map(text).join(" ")}]` : typeof value === "object" ? JSON.stringify(value) : String(value);
  return Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, text(value)]));
}
