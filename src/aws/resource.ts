import type { Context } from "./context.ts";
import { unless } from "./exception.ts";

/** Properties of a resource as the template gives them, intrinsic functions resolved. Numbers and booleans may arrive as strings. */
export type Properties = Readonly<Record<string, unknown>>;

/** What CloudFormation asks of a resource type. */
export interface ResourceRequest {
  readonly properties: Properties;
  readonly logicalId: string;
  readonly stackName: string;
  readonly stackId: string;
  /** The stack's tags and the `aws:cloudformation:*` ones, to be merged under the resource's own. */
  readonly stackTags: Readonly<Record<string, string>>;
  /**
   * `<stack>-<logical id>-<random>`, cut to `maxLength` as AWS does; the same text at every attempt of one creation.
   */
  generatedName(maxLength: number, options?: { readonly lowerCase?: boolean }): string;
}

export interface ResourceUpdate extends ResourceRequest {
  readonly physicalId: string;
  readonly previous: Properties;
}

export interface ResourceDeletion {
  readonly physicalId: string;
  readonly properties: Properties;
}

/** What exists now. `attributes` answer `Fn::GetAtt`; `physicalId` is what `Ref` gives unless `ref` says otherwise. */
export interface ResourceState {
  readonly physicalId: string;
  readonly attributes?: Readonly<Record<string, unknown>>;
}

/** "Not finished: ask again at this virtual instant." What was made so far must be claimed (`ctx.claim`). */
export interface ResourcePending {
  readonly again: number;
  /** Something else wakes it, and this is only for an end that was missed: in `skip` time does not move for it. */
  readonly quiet?: boolean;
}

/**
 * A CloudFormation type. The engine knows from `@aws-cdk/aws-service-spec` which properties mean replacement, so
 * `update` is only asked for changes in place. All of it goes through `ctx.call`, as CloudFormation goes through the APIs.
 *
 * After a crash the engine asks again with the same claim token: `create` first looks at `ctx.claimed()`, and when there
 * is something goes on from there instead of making it anew. `delete` of what is not there succeeds.
 */
export interface ResourceType {
  create(ctx: Context, request: ResourceRequest): Promise<ResourceState | ResourcePending>;
  /** Absent when every change means replacement. */
  update?(ctx: Context, request: ResourceUpdate): Promise<ResourceState | ResourcePending>;
  delete(ctx: Context, request: ResourceDeletion): Promise<ResourcePending | undefined>;
  /** The live properties in the template's shape, for drift and for import; undefined when it is gone. */
  read?(ctx: Context, physicalId: string): Promise<Properties | undefined>;
}

/** Waits for a deletion. What is gone already, as one of the codes tells, is as good as deleted. */
export async function deleted(codes: string | readonly string[], work: Promise<unknown>): Promise<undefined> {
  await unless(codes, work);
}
