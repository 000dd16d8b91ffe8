import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { given } from "../../aws/properties.ts";
import { connectionBody } from "./connections.ts";
import { createItem, findItem, notFound, type Prefix, pageOfItems, saveItem, tell } from "./items.ts";
import { deleteItem, type ItemRow, selectItem, selectItems } from "./store.ts";

interface LinkBody {
  readonly connectionArn: string;
  readonly ownerId: string;
  readonly repositoryName: string;
  readonly encryptionKeyArn?: string;
}

const bodyOf = (row: ItemRow): LinkBody => JSON.parse(row.body) as LinkBody;

function find(ctx: Context, id: string | undefined): ItemRow {
  const row = ctx.get(selectItem, { kind: "repository-link", id: id ?? "" });
  if (row === undefined) throw notFound(`Repository link ${id ?? ""}`);
  return row;
}

function shape(ctx: Context, row: ItemRow) {
  const body = bodyOf(row);
  return {
    ConnectionArn: body.connectionArn,
    ...(body.encryptionKeyArn === undefined ? {} : { EncryptionKeyArn: body.encryptionKeyArn }),
    OwnerId: body.ownerId,
    ProviderType: connectionBody(findItem(ctx, "connection", body.connectionArn)).providerType,
    RepositoryLinkArn: row.arn,
    RepositoryLinkId: row.id,
    RepositoryName: body.repositoryName,
  };
}

/** https://docs.aws.amazon.com/codeconnections/latest/APIReference/API_CreateRepositoryLink.html */
export function createRepositoryLink(prefix: Prefix) {
  return (input: Input<"codeconnections", "CreateRepositoryLink">, ctx: Context): Output<"codeconnections", "CreateRepositoryLink"> =>
    ctx.tx(() => {
      const connection = findItem(ctx, "connection", input.ConnectionArn);
      const wanted = { connectionArn: connection.arn, ownerId: input.OwnerId, repositoryName: input.RepositoryName };
      const known = ctx.all(selectItems, { kind: "repository-link" }).map(bodyOf);
      if (known.some((body) => body.ownerId === wanted.ownerId && body.repositoryName === wanted.repositoryName))
        throw new AwsException("ResourceAlreadyExistsException", "There is a link to this repository already.", { status: 400 });
      const name = `${input.OwnerId ?? ""}/${input.RepositoryName ?? ""}`;
      const body = given({ ...wanted, encryptionKeyArn: input.EncryptionKeyArn });
      const row = createItem(ctx, { kind: "repository-link", prefix, name, status: "AVAILABLE", body, tags: input.Tags });
      return { RepositoryLinkInfo: shape(ctx, row) };
    });
}

export function getRepositoryLink(
  input: Input<"codeconnections", "GetRepositoryLink">,
  ctx: Context,
): Output<"codeconnections", "GetRepositoryLink"> {
  return { RepositoryLinkInfo: shape(ctx, find(ctx, input.RepositoryLinkId)) };
}

export function listRepositoryLinks(
  input: Input<"codeconnections", "ListRepositoryLinks">,
  ctx: Context,
): Output<"codeconnections", "ListRepositoryLinks"> {
  const { items, tail } = pageOfItems(ctx, "repository-link", input);
  return { RepositoryLinks: items.map((row) => shape(ctx, row)), ...tail };
}

export function updateRepositoryLink(
  input: Input<"codeconnections", "UpdateRepositoryLink">,
  ctx: Context,
): Output<"codeconnections", "UpdateRepositoryLink"> {
  return ctx.tx(() => {
    const row = find(ctx, input.RepositoryLinkId);
    const connection = input.ConnectionArn === undefined ? undefined : findItem(ctx, "connection", input.ConnectionArn).arn;
    const change = given({ connectionArn: connection, encryptionKeyArn: input.EncryptionKeyArn });
    const next = saveItem(ctx, row, { body: { ...bodyOf(row), ...change } });
    tell(ctx, next, "Repository link updated");
    return { RepositoryLinkInfo: shape(ctx, next) };
  });
}

export function deleteRepositoryLink(
  input: Input<"codeconnections", "DeleteRepositoryLink">,
  ctx: Context,
): Output<"codeconnections", "DeleteRepositoryLink"> {
  return ctx.tx(() => {
    const row = find(ctx, input.RepositoryLinkId);
    ctx.run(deleteItem, { kind: "repository-link", id: row.id });
    tell(ctx, row, "Repository link deleted");
    return {};
  });
}
