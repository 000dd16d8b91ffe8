import type { IncomingMessage, ServerResponse } from "node:http";
import type { TimelineEvent } from "../kernel/events.ts";
import type { Migrations } from "../kernel/store.ts";
import type { Clients, Input, OperationName, Output, ServiceId } from "./clients.ts";
import type { Cloud, Context } from "./context.ts";
import type { Identity } from "./identity.ts";
import type { ResourceType } from "./resource.ts";

/** The handlers of a service, each typed by its operation. */
export type Operations<S extends ServiceId> = {
  readonly [N in OperationName<Clients[S]> & string]?: (input: Input<S, N>, ctx: Context) => Promise<Output<S, N>> | Output<S, N>;
};

/** What a message handler answers: nothing when it is done, or the virtual instant at which to be asked again. */
export type MessageOutcome = { readonly again: number } | undefined;

export interface Message {
  readonly id: string;
  readonly payload: Readonly<Record<string, unknown>>;
  /** 1 at the first delivery; grows with retries, not with `again`. */
  readonly attempt: number;
  readonly due: number;
}

/**
 * Handles one kind of message. Delivered at least once: it re-reads what it needs, is idempotent, and throws only for
 * what a retry may mend. `void` is allowed so that handlers without a result need no `return undefined`.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: handlers without a result
export type MessageHandler = (ctx: Context, message: Message) => Promise<MessageOutcome | void> | MessageOutcome | void;

/**
 * A named reader of the timeline with a durable position of its own. `handle` is synchronous and runs in one
 * transaction with the position, so each event is handled exactly once; what takes time goes into a message.
 */
export interface Subscription {
  readonly name: string;
  /** Cheap test on the event alone; called for every event. */
  wants(event: TimelineEvent): boolean;
  handle(ctx: Context, event: TimelineEvent): void;
}

/** HTTP that no schema describes: function URLs, execute-api hosts. Asked before the schema's routes. */
export interface HttpEndpoint {
  readonly name: string;
  /** From host (without port, lower case) and path; method and headers where those tell, as for a CORS preflight. */
  matches(host: string, path: string, request: IncomingMessage): boolean;
  handle(cloud: Cloud, request: IncomingMessage, response: ServerResponse): Promise<void>;
}

/** What one request needs to be allowed to do. Operations that need nothing unusual are left to the default `<prefix>:<Operation>` on `*`. */
export interface RequiredPermission {
  readonly action: string;
  readonly resource: string;
  /** The resource's own policy, where it has one and belongs to the caller's account: it may allow what the caller's policies do not. */
  readonly policy?: string | undefined;
  /** Values of the service's condition keys, e.g. `cloudwatch:namespace`. */
  readonly conditions?: Readonly<Record<string, readonly string[]>>;
}

/**
 * What a service has beside AWS's API: answers under `/_orrery/`, keyed by `METHOD path`. They throw an OrreryError or an
 * AwsException for what a client got wrong.
 */
export type LocalAnswers = Readonly<
  Record<string, (query: URLSearchParams, body: Readonly<Record<string, unknown>>) => Promise<unknown> | unknown>
>;

/** What a service folder's index.ts exports. */
export interface ServiceDefinition<S extends ServiceId = ServiceId> {
  readonly id: S;
  readonly operations: Operations<S>;
  /** Operations that work in part: what is missing, in one sentence each. */
  readonly partial?: { readonly [N in OperationName<Clients[S]> & string]?: string };
  /** Operations that answer 501. With `operations` it must cover the schema exactly. */
  readonly notImplemented: readonly (OperationName<Clients[S]> & string)[];
  readonly migrations?: Migrations;
  /** Keyed by message type, which begins with the service's id: `"sqs.redrive"`. */
  readonly messages?: Readonly<Record<string, MessageHandler>>;
  readonly subscriptions?: readonly Subscription[];
  readonly endpoints?: readonly HttpEndpoint[];
  /** CloudFormation types, keyed by `AWS::Service::Type`. */
  readonly resources?: Readonly<Record<string, ResourceType>>;
  /** IAM permissions by operation, where they differ from the default. */
  readonly permissions?: {
    readonly [N in OperationName<Clients[S]> & string]?: (input: Input<S, N>, ctx: Context) => RequiredPermission[];
  };
  /** Given by the service that knows credentials and policies. */
  readonly identity?: (cloud: Cloud) => Identity;
  /** Called once after the store is open and before the first request; registers its own stop with `cloud.lifecycle`. */
  readonly start?: (cloud: Cloud) => Promise<void> | void;
  readonly introspection?: (cloud: Cloud) => LocalAnswers;
}

/** Declares a service. Only types: the wiring is checked against the schema when the cloud is put together. */
export function service<const S extends ServiceId>(definition: ServiceDefinition<S>): ServiceDefinition<S> {
  return definition;
}

/** Any service, for those who handle all of them alike. */
export interface AnyService {
  readonly id: string;
  readonly operations: Readonly<Record<string, ((input: never, ctx: Context) => unknown) | undefined>>;
  readonly partial?: Readonly<Record<string, string | undefined>>;
  readonly notImplemented: readonly string[];
  readonly migrations?: Migrations;
  readonly messages?: Readonly<Record<string, MessageHandler>>;
  readonly subscriptions?: readonly Subscription[];
  readonly endpoints?: readonly HttpEndpoint[];
  readonly resources?: Readonly<Record<string, ResourceType>>;
  readonly permissions?: Readonly<Record<string, ((input: never, ctx: Context) => RequiredPermission[]) | undefined>>;
  readonly identity?: (cloud: Cloud) => Identity;
  readonly start?: (cloud: Cloud) => Promise<void> | void;
  readonly introspection?: (cloud: Cloud) => LocalAnswers;
}
