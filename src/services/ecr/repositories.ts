import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { decodeToken, pageOf } from "../../aws/paging.ts";
import type { Operations } from "../../aws/service.ts";
import { type RepositoryRow, repositories, tags } from "./store.ts";

const DEFAULT_PAGE = 100;
const MAX_TAGS = 50;

export interface Settings {
  readonly imageTagMutability: "MUTABLE" | "IMMUTABLE" | "MUTABLE_WITH_EXCLUSION" | "IMMUTABLE_WITH_EXCLUSION";
  readonly imageTagMutabilityExclusionFilters?: { filterType: "WILDCARD"; filter: string }[];
  readonly scanOnPush: boolean;
  readonly encryption: { encryptionType: "AES256" | "KMS" | "KMS_DSSE"; kmsKey?: string };
}

interface Located {
  readonly registryId?: string | undefined;
  readonly repositoryName?: string | undefined;
}

interface TagInput {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}

/** @throws RepositoryNotFoundException; another account's registry shows nothing to strangers */
export function find(ctx: Context, { registryId = ctx.account, repositoryName = "" }: Located): RepositoryRow {
  const row = registryId === ctx.account ? ctx.get(repositories.get, { name: repositoryName }) : undefined;
  if (row === undefined) {
    throw new AwsException(
      "RepositoryNotFoundException",
      `The repository with name '${repositoryName}' does not exist in the registry with id '${registryId}'`,
    );
  }
  return row;
}

export function settingsOf(row: RepositoryRow): Settings {
  return JSON.parse(row.settings) as Settings;
}

/** Where docker would push: this cloud's own port, under the name that container tools take without TLS. */
export function registryHost(ctx: Context): string {
  return new URL(ctx.cloud.endpoint).host.replace("127.0.0.1", "localhost");
}

export function shape(ctx: Context, row: RepositoryRow) {
  const settings = settingsOf(row);
  const filters = settings.imageTagMutabilityExclusionFilters;
  return {
    repositoryArn: row.arn,
    registryId: row.account,
    repositoryName: row.name,
    repositoryUri: `${registryHost(ctx)}/${row.name}`,
    createdAt: new Date(row.created),
    imageTagMutability: settings.imageTagMutability,
    ...(filters === undefined ? {} : { imageTagMutabilityExclusionFilters: filters }),
    imageScanningConfiguration: { scanOnPush: settings.scanOnPush },
    encryptionConfiguration: settings.encryption,
  };
}

export function record(ctx: Context, type: string, arn: string, name: string): void {
  ctx.emit({ source: "aws.ecr", type, resources: [arn], detail: { "repository-name": name } });
}

/** @throws InvalidParameterException */
function mutability(
  imageTagMutability: Settings["imageTagMutability"] = "MUTABLE",
  filters: readonly { filterType?: "WILDCARD" | undefined; filter?: string | undefined }[] | undefined,
): Pick<Settings, "imageTagMutability" | "imageTagMutabilityExclusionFilters"> {
  const needed = imageTagMutability.endsWith("_WITH_EXCLUSION");
  if (needed !== (filters !== undefined && filters.length > 0)) {
    throw new AwsException(
      "InvalidParameterException",
      `Invalid parameter at 'imageTagMutabilityExclusionFilters' failed to satisfy constraint: 'exclusion filters go with a mutability that ends in _WITH_EXCLUSION, and only with one'`,
    );
  }
  if (!needed) return { imageTagMutability };
  const imageTagMutabilityExclusionFilters = (filters ?? []).map(({ filter = "" }) => ({ filterType: "WILDCARD" as const, filter }));
  return { imageTagMutability, imageTagMutabilityExclusionFilters };
}

function putTags(ctx: Context, arn: string, list: readonly TagInput[]): void {
  for (const { Key = "", Value = "" } of list) ctx.run(tags.put, { arn, key: Key, value: Value });
  if (ctx.all(tags.of, { arn }).length > MAX_TAGS) {
    throw new AwsException("TooManyTagsException", `The list of tags on the repository is over the limit of ${MAX_TAGS} tags`);
  }
}

function byArn(ctx: Context, arn = ""): RepositoryRow {
  const name = /^arn:aws:ecr:[^:]*:\d{12}:repository\/(.+)$/.exec(arn)?.[1];
  if (name === undefined) {
    throw new AwsException("InvalidParameterException", `Invalid parameter at 'resourceArn' failed to satisfy constraint: 'Invalid ARN'`);
  }
  return find(ctx, { repositoryName: name });
}

export const repositoryOperations = {
  CreateRepository: async (input, ctx) => {
    const { repositoryName: name = "", encryptionConfiguration: encryption, registryId = ctx.account } = input;
    if (registryId !== ctx.account) {
      throw new AwsException(
        "InvalidParameterException",
        `Invalid parameter at 'registryId' failed to satisfy constraint: 'Invalid registry id ${registryId}'`,
      );
    }
    const kms = encryption?.encryptionType === "KMS" || encryption?.encryptionType === "KMS_DSSE";
    const kmsKey = kms ? await keyArn(ctx, encryption?.kmsKey) : undefined;
    const settings: Settings = {
      ...mutability(input.imageTagMutability, input.imageTagMutabilityExclusionFilters),
      scanOnPush: input.imageScanningConfiguration?.scanOnPush ?? false,
      encryption: { encryptionType: encryption?.encryptionType ?? "AES256", ...(kmsKey === undefined ? {} : { kmsKey }) },
    };
    return ctx.tx(() => {
      if (ctx.get(repositories.get, { name }) !== undefined) {
        throw new AwsException(
          "RepositoryAlreadyExistsException",
          `The repository with name '${name}' already exists in the registry with id '${ctx.account}'`,
        );
      }
      const arn = ctx.arn("ecr", `repository/${name}`);
      ctx.run(repositories.insert, { arn, name, created: ctx.now, settings: JSON.stringify(settings) });
      putTags(ctx, arn, input.tags ?? []);
      ctx.claim(name);
      record(ctx, "repository created", arn, name);
      return { repository: shape(ctx, find(ctx, { repositoryName: name })) };
    });
  },

  DescribeRepositories: (input, ctx) => {
    if (input.repositoryNames !== undefined) {
      const rows = input.repositoryNames.map((repositoryName) => find(ctx, { registryId: input.registryId, repositoryName }));
      return { repositories: rows.map((row) => shape(ctx, row)) };
    }
    if (input.registryId !== undefined && input.registryId !== ctx.account) return { repositories: [] };
    const [after = ""] = input.nextToken === undefined ? [] : (decodeToken(input.nextToken) ?? []);
    const limit = input.maxResults ?? DEFAULT_PAGE;
    const page = pageOf(ctx.all(repositories.page, { after: String(after), limit: limit + 1 }), limit, (row) => [row.name]);
    const next = page.nextToken === undefined ? {} : { nextToken: page.nextToken };
    return { repositories: page.items.map((row) => shape(ctx, row)), ...next };
  },

  DeleteRepository: (input, ctx) => {
    const row = find(ctx, input);
    ctx.tx(() => {
      ctx.run(repositories.remove, { arn: row.arn });
      record(ctx, "repository deleted", row.arn, row.name);
    });
    return { repository: shape(ctx, row) };
  },

  PutImageTagMutability: (input, ctx) => {
    const row = find(ctx, input);
    const { imageTagMutabilityExclusionFilters: _, ...kept } = settingsOf(row);
    const change = mutability(input.imageTagMutability, input.imageTagMutabilityExclusionFilters);
    save(ctx, row, { ...kept, ...change });
    return { registryId: row.account, repositoryName: row.name, ...change };
  },

  PutImageScanningConfiguration: (input, ctx) => {
    const row = find(ctx, input);
    const scanOnPush = input.imageScanningConfiguration?.scanOnPush ?? false;
    save(ctx, row, { ...settingsOf(row), scanOnPush });
    return { registryId: row.account, repositoryName: row.name, imageScanningConfiguration: { scanOnPush } };
  },

  TagResource: (input, ctx) => {
    const row = byArn(ctx, input.resourceArn);
    ctx.tx(() => {
      putTags(ctx, row.arn, input.tags ?? []);
      record(ctx, "repository tagged", row.arn, row.name);
    });
    return {};
  },

  UntagResource: (input, ctx) => {
    const row = byArn(ctx, input.resourceArn);
    ctx.tx(() => {
      for (const key of input.tagKeys ?? []) ctx.run(tags.remove, { arn: row.arn, key });
      record(ctx, "repository untagged", row.arn, row.name);
    });
    return {};
  },

  ListTagsForResource: (input, ctx) => {
    const row = byArn(ctx, input.resourceArn);
    return { tags: ctx.all(tags.of, { arn: row.arn }).map(({ key, value }) => ({ Key: key, Value: value })) };
  },
} satisfies Operations<"ecr">;

function save(ctx: Context, row: RepositoryRow, settings: Settings): void {
  ctx.tx(() => {
    ctx.run(repositories.setSettings, { arn: row.arn, settings: JSON.stringify(settings) });
    record(ctx, "repository updated", row.arn, row.name);
  });
}

/** The key that the repository is said to use. @throws KmsException when there is none */
async function keyArn(ctx: Context, key = "alias/aws/ecr"): Promise<string> {
  try {
    const { KeyMetadata: metadata } = await ctx.call("kms", "DescribeKey", { KeyId: key });
    return metadata?.Arn ?? key;
  } catch (error) {
    if (!(error instanceof AwsException)) throw error;
    throw new AwsException("KmsException", error.message, { members: { kmsError: error.code } });
  }
}
