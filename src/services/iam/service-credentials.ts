import { hash, timingSafeEqual } from "node:crypto";
import type { Cloud, Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import type { Principal } from "../../aws/identity.ts";
import type { Operations } from "../../aws/service.ts";
import { newSecret, userOrCaller } from "./access-keys.ts";
import { arnOf, changed, find, page } from "./entities.ts";
import { type EntityRow, entities, type ServiceCredentialRow, serviceCredentials } from "./store.ts";

const CODECOMMIT = "codecommit.amazonaws.com";
/** https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_ssh-keys.html#git-credentials-code-commit: two for each user. */
const MOST = 2;

/**
 * Who signs in to a service with a user name and a password of IAM's making; undefined when they are not right or not active.
 */
export function signIn(cloud: Cloud, serviceName: string, userName: string, password: string): Principal | undefined {
  const row = cloud.store.get(serviceCredentials.byUserName, { service: serviceName, user_name: userName });
  if (row === undefined || row.status !== "Active" || !same(row.password, password)) return undefined;
  const user = cloud.store.get(entities.byId, { id: row.user_id });
  return user === undefined ? undefined : { type: "user", account: row.account, arn: arnOf(user), userId: user.id };
}

function same(a: string, b: string): boolean {
  return timingSafeEqual(hash("sha256", a, "buffer"), hash("sha256", b, "buffer"));
}

function checkService(name: string | undefined): string {
  if (name === CODECOMMIT) return name;
  throw new AwsException("ServiceNotSupportedException", `Service ${name ?? ""} is not supported for service-specific credentials.`, {
    status: 404,
  });
}

function metadataOf(row: ServiceCredentialRow, user: EntityRow) {
  return {
    UserName: user.name,
    Status: row.status,
    ServiceUserName: row.user_name,
    CreateDate: new Date(row.created),
    ServiceSpecificCredentialId: row.id,
    ServiceName: row.service,
  };
}

function credentialOf(
  ctx: Context,
  input: { readonly UserName?: string | undefined; readonly ServiceSpecificCredentialId?: string | undefined },
) {
  const user = find(ctx, "user", userOrCaller(ctx, input.UserName));
  const id = input.ServiceSpecificCredentialId ?? "";
  const row = ctx.get(serviceCredentials.get, { id });
  if (row?.user_id === user.id) return { row, user };
  throw new AwsException("NoSuchEntityException", `The service-specific credential with id ${id} cannot be found.`);
}

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateServiceSpecificCredential.html */
export const serviceCredentialOperations = {
  CreateServiceSpecificCredential: (input, ctx) => {
    const service = checkService(input.ServiceName);
    if (input.CredentialAgeDays !== undefined) throw notImplemented("iam", "CreateServiceSpecificCredential", "CredentialAgeDays");
    const user = find(ctx, "user", input.UserName ?? "");
    return ctx.tx(() => {
      if (ctx.all(serviceCredentials.of, { id: user.id }).length >= MOST)
        throw new AwsException("LimitExceededException", `Cannot exceed quota for ServiceSpecificCredentialsPerUser: ${MOST}`);
      const id = `ACCA${ctx.cloud.ids.upper(17)}`;
      const taken = ctx.get(serviceCredentials.byUserName, { service, user_name: `${user.name}-at-${ctx.account}` }) !== undefined;
      const user_name = `${user.name}-at-${ctx.account}${taken ? `+${ctx.cloud.ids.alphanumeric(4)}` : ""}`;
      const password = `${newSecret(ctx.cloud.ids)}=`;
      ctx.run(serviceCredentials.insert, { id, user_id: user.id, service, user_name, password, created: ctx.now });
      ctx.claim(id);
      changed(ctx, "service-specific credential created", user, { serviceSpecificCredentialId: id, serviceName: service });
      const row = { id, account: ctx.account, user_id: user.id, service, user_name, password, status: "Active", created: ctx.now } as const;
      return { ServiceSpecificCredential: { ...metadataOf(row, user), ServicePassword: password } };
    });
  },

  ListServiceSpecificCredentials: (input, ctx) => {
    if (input.AllUsers === true) throw notImplemented("iam", "ListServiceSpecificCredentials", "AllUsers");
    if (input.ServiceName !== undefined) checkService(input.ServiceName);
    const user = find(ctx, "user", userOrCaller(ctx, input.UserName));
    const { items, tail } = page(ctx.all(serviceCredentials.of, { id: user.id }), input, (row) => row.id);
    return { ServiceSpecificCredentials: items.map((row) => metadataOf(row, user)), ...tail };
  },

  ResetServiceSpecificCredential: (input, ctx) => {
    const { row, user } = credentialOf(ctx, input);
    return ctx.tx(() => {
      const password = `${newSecret(ctx.cloud.ids)}=`;
      ctx.run(serviceCredentials.update, { id: row.id, password, status: row.status });
      changed(ctx, "service-specific credential reset", user, { serviceSpecificCredentialId: row.id });
      return { ServiceSpecificCredential: { ...metadataOf(row, user), ServicePassword: password } };
    });
  },

  UpdateServiceSpecificCredential: (input, ctx) => {
    if (input.Status === "Expired") {
      throw new AwsException("InvalidInputException", "The status can be set to Active or Inactive only.", { status: 400 });
    }
    const { row, user } = credentialOf(ctx, input);
    const status = input.Status ?? row.status;
    ctx.tx(() => {
      ctx.run(serviceCredentials.update, { id: row.id, password: row.password, status });
      changed(ctx, "service-specific credential updated", user, { serviceSpecificCredentialId: row.id, status });
    });
    return {};
  },

  DeleteServiceSpecificCredential: (input, ctx) => {
    const { row, user } = credentialOf(ctx, input);
    ctx.tx(() => {
      ctx.run(serviceCredentials.remove, { id: row.id });
      changed(ctx, "service-specific credential deleted", user, { serviceSpecificCredentialId: row.id });
    });
    return {};
  },
} satisfies Operations<"iam">;
