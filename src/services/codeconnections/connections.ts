import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import { given } from "../../aws/properties.ts";
import { createItem, findItem, type Prefix, pageOfItems, saveItem, tagList, tell } from "./items.ts";
import { deleteItem, type ItemRow, selectItems } from "./store.ts";

type Provider = NonNullable<Input<"codeconnections", "CreateHost">["ProviderType"]>;

export interface ConnectionBody {
  readonly providerType: Provider;
  readonly hostArn?: string;
}

export interface HostBody {
  readonly providerType: Provider;
  readonly providerEndpoint: string;
}

/** Providers that customers run themselves: a connection to one needs a host. */
const SELF_MANAGED: readonly string[] = ["GitHubEnterpriseServer", "GitLabSelfManaged"];

function invalid(message: string): AwsException {
  return new AwsException("ValidationException", message, { status: 400 });
}

export const connectionBody = (row: ItemRow): ConnectionBody => JSON.parse(row.body) as ConnectionBody;
export const hostBody = (row: ItemRow): HostBody => JSON.parse(row.body) as HostBody;

export function connectionShape(row: ItemRow) {
  const { providerType, hostArn } = connectionBody(row);
  return {
    ConnectionName: row.name,
    ConnectionArn: row.arn,
    ProviderType: providerType,
    OwnerAccountId: row.account,
    ConnectionStatus: row.status as "PENDING",
    ...(hostArn === undefined ? {} : { HostArn: hostArn }),
  };
}

/** https://docs.aws.amazon.com/codeconnections/latest/APIReference/API_CreateConnection.html: pending until the handshake. */
export function createConnection(prefix: Prefix) {
  return (input: Input<"codeconnections", "CreateConnection">, ctx: Context): Output<"codeconnections", "CreateConnection"> => {
    const { ProviderType, HostArn } = input;
    if (ProviderType === undefined && HostArn === undefined) throw invalid("Either a provider type or a host ARN is required.");
    if (HostArn === undefined && SELF_MANAGED.includes(ProviderType ?? ""))
      throw invalid(`A connection to ${ProviderType ?? ""} needs a host.`);
    return ctx.tx(() => {
      const host = HostArn === undefined ? undefined : findItem(ctx, "host", HostArn);
      const own = host === undefined ? undefined : hostBody(host).providerType;
      if (own !== undefined && ProviderType !== undefined && own !== ProviderType)
        throw invalid(`The provider type ${ProviderType} is not that of the host.`);
      const row = createItem(ctx, {
        kind: "connection",
        prefix,
        name: input.ConnectionName ?? "",
        status: "PENDING",
        body: given({ providerType: own ?? ProviderType, hostArn: host?.arn }),
        tags: input.Tags,
      });
      return { ConnectionArn: row.arn, Tags: tagList(row) };
    });
  };
}

export function getConnection(input: Input<"codeconnections", "GetConnection">, ctx: Context): Output<"codeconnections", "GetConnection"> {
  return { Connection: connectionShape(findItem(ctx, "connection", input.ConnectionArn)) };
}

export function listConnections(
  input: Input<"codeconnections", "ListConnections">,
  ctx: Context,
): Output<"codeconnections", "ListConnections"> {
  const host = input.HostArnFilter === undefined ? undefined : findItem(ctx, "host", input.HostArnFilter).arn;
  const { items, tail } = pageOfItems(ctx, "connection", input, (row) => {
    const { providerType, hostArn } = connectionBody(row);
    return (
      (input.ProviderTypeFilter === undefined || providerType === input.ProviderTypeFilter) && (host === undefined || hostArn === host)
    );
  });
  return { Connections: items.map(connectionShape), ...tail };
}

export function deleteConnection(
  input: Input<"codeconnections", "DeleteConnection">,
  ctx: Context,
): Output<"codeconnections", "DeleteConnection"> {
  return ctx.tx(() => {
    const row = findItem(ctx, "connection", input.ConnectionArn);
    ctx.run(deleteItem, { kind: "connection", id: row.id });
    tell(ctx, row, "Connection deleted");
    return {};
  });
}

/** The handshake is done: the provider lets the connection in. */
export function completeConnection(ctx: Context, arn: string): ItemRow {
  return ctx.tx(() => {
    const row = findItem(ctx, "connection", arn);
    const { hostArn } = connectionBody(row);
    if (hostArn !== undefined) completeHost(ctx, hostArn);
    const next = saveItem(ctx, row, { status: "AVAILABLE" });
    if (row.status !== "AVAILABLE") tell(ctx, next, "Connection available", "the handshake with the provider was completed");
    return next;
  });
}

export function completeHost(ctx: Context, arn: string): ItemRow {
  const row = findItem(ctx, "host", arn);
  const next = saveItem(ctx, row, { status: "AVAILABLE" });
  if (row.status !== "AVAILABLE") tell(ctx, next, "Host available", "the host was set up");
  return next;
}

export function createHost(prefix: Prefix) {
  return (input: Input<"codeconnections", "CreateHost">, ctx: Context): Output<"codeconnections", "CreateHost"> => {
    if (input.VpcConfiguration !== undefined) throw notImplemented(prefix, "CreateHost", "VpcConfiguration");
    const providerType = input.ProviderType;
    if (!SELF_MANAGED.includes(providerType ?? "")) throw invalid(`A host cannot be of the provider type ${providerType ?? ""}.`);
    return ctx.tx(() => {
      const row = createItem(ctx, {
        kind: "host",
        prefix,
        name: input.Name ?? "",
        status: "PENDING",
        body: given({ providerType, providerEndpoint: input.ProviderEndpoint }),
        tags: input.Tags,
      });
      return { HostArn: row.arn, Tags: tagList(row) };
    });
  };
}

export function getHost(input: Input<"codeconnections", "GetHost">, ctx: Context): Output<"codeconnections", "GetHost"> {
  const row = findItem(ctx, "host", input.HostArn);
  const { providerType, providerEndpoint } = hostBody(row);
  return { Name: row.name, Status: row.status, ProviderType: providerType, ProviderEndpoint: providerEndpoint };
}

export function listHosts(input: Input<"codeconnections", "ListHosts">, ctx: Context): Output<"codeconnections", "ListHosts"> {
  const { items, tail } = pageOfItems(ctx, "host", input);
  const shape = (row: ItemRow) => {
    const { providerType, providerEndpoint } = hostBody(row);
    return { Name: row.name, HostArn: row.arn, Status: row.status, ProviderType: providerType, ProviderEndpoint: providerEndpoint };
  };
  return { Hosts: items.map(shape), ...tail };
}

/** https://docs.aws.amazon.com/codeconnections/latest/APIReference/API_UpdateHost.html */
export function updateHost(prefix: Prefix) {
  return (input: Input<"codeconnections", "UpdateHost">, ctx: Context): Output<"codeconnections", "UpdateHost"> => {
    if (input.VpcConfiguration !== undefined) throw notImplemented(prefix, "UpdateHost", "VpcConfiguration");
    return ctx.tx(() => {
      const row = findItem(ctx, "host", input.HostArn);
      const endpoint = input.ProviderEndpoint;
      if (endpoint !== undefined) tell(ctx, saveItem(ctx, row, { body: { ...hostBody(row), providerEndpoint: endpoint } }), "Host updated");
      return {};
    });
  };
}

export function deleteHost(input: Input<"codeconnections", "DeleteHost">, ctx: Context): Output<"codeconnections", "DeleteHost"> {
  return ctx.tx(() => {
    const row = findItem(ctx, "host", input.HostArn);
    if (ctx.all(selectItems, { kind: "connection" }).some((other) => connectionBody(other).hostArn === row.arn))
      throw new AwsException("ResourceUnavailableException", "The host cannot be deleted while connections use it.", { status: 400 });
    ctx.run(deleteItem, { kind: "host", id: row.id });
    tell(ctx, row, "Host deleted");
    return {};
  });
}
