import type { Readable } from "node:stream";
import type { GetOutputType } from "@smithy/types";

/**
 * The types of every service, keyed by service id: the suffix of its SDK package. `models/clients.ts`
 * fills it in from the installed SDK, so that nothing here names a service.
 */
// biome-ignore lint/suspicious/noEmptyInterface: filled by declaration merging in models/clients.ts
export interface Clients {}

export type ServiceId = keyof Clients & string;
export type OperationName<M> = keyof M extends infer K ? (K extends `${infer N}Command` ? (N extends "$" | "" ? never : N) : never) : never;

type Instance<C> = C extends abstract new (...args: never[]) => infer R ? R : never;
type CommandOf<M, N extends string> = Instance<M[`${N}Command` & keyof M]>;
type RawInput<M, N extends string> = CommandOf<M, N> extends { readonly input: infer I } ? I : never;
type RawOutput<M, N extends string> = GetOutputType<CommandOf<M, N>>;

/** What a handler may answer a streaming or blob member with. */
export type ByteSource = Readable | Uint8Array | string;

/** The streaming members of the services here; a handler always receives a Readable for them. */
type StreamingInput = "Body";
type StreamingOutput = "Body" | "EventStream" | "responseStream";

type ServerInput<T> = {
  [K in keyof T]: K extends StreamingInput ? Readable | undefined : K extends "Payload" | "ZipFile" ? Uint8Array | undefined : T[K];
};
type ServerOutput<T> = {
  [K in keyof T as K extends "$metadata" ? never : K]: K extends StreamingOutput
    ? T[K] | ByteSource
    : K extends "Payload"
      ? Uint8Array | string | undefined
      : T[K];
};

/** Input of an operation as a handler sees it. */
export type Input<S extends ServiceId, N extends OperationName<Clients[S]>> = ServerInput<RawInput<Clients[S], N>>;
/** Output of an operation as a handler gives it and an in-process caller gets it. */
export type Output<S extends ServiceId, N extends OperationName<Clients[S]>> = ServerOutput<RawOutput<Clients[S], N>>;
