import type { Context } from "../aws/context.ts";
import { notImplemented } from "../aws/exception.ts";
import type { AnyService } from "../aws/service.ts";
import { OrreryError } from "../kernel/errors.ts";
import { loadModel } from "../models/model.ts";
import type { Values } from "../models/schema.ts";
import { serviceMetas } from "../models/services.ts";
import { validate } from "./handlers/validate.ts";

/** The one way to a handler, for requests of clients and for `ctx.call` alike. */
export interface Dispatcher {
  /**
   * A call from inside: validated as a client's request is, so that a template is told what a client would be told.
   * @throws AwsException the service's validation error, what the handler answers, or NotImplemented
   */
  call(ctx: Context, service: string, operation: string, input: object): Promise<object>;
  /**
   * Runs the handler on an input that was validated.
   * @throws AwsException what the handler answers, or NotImplemented
   */
  invoke(ctx: Context, service: string, operation: string, input: object): Promise<object>;
  /** False for what `invoke` would refuse, so that a request need not be read for that. */
  handles(service: string, operation: string): boolean;
}

type Handler = (input: object, ctx: Context) => Promise<object> | object;

/**
 * Checks that every operation of every service is either handled or declared, and nothing else is.
 * @throws OrreryError ServiceMiswired naming the operations
 */
export function createDispatcher(services: readonly AnyService[]): Dispatcher {
  const handlers = new Map<string, ReadonlyMap<string, Handler>>();
  for (const service of services) {
    checkWiring(service);
    if (handlers.has(service.id)) throw new OrreryError("ServiceMiswired", `${service.id} is listed twice`);
    const entries = Object.entries(service.operations).filter(([, handler]) => handler !== undefined);
    handlers.set(service.id, new Map(entries as unknown as [string, Handler][]));
  }
  const invoke: Dispatcher["invoke"] = async (ctx, service, operation, input) => {
    const handler = handlers.get(service)?.get(operation);
    if (handler === undefined) throw notImplemented(service, operation);
    return await handler(input, ctx);
  };
  return {
    invoke,
    call: async (ctx, service, operation, input) => {
      const model = await loadModel(service);
      const known = model.operations.get(operation);
      if (known !== undefined) validate(model, known, input as Values);
      return await invoke(ctx, service, operation, input);
    },
    handles: (service, operation) => handlers.get(service)?.has(operation) ?? false,
  };
}

function checkWiring(service: AnyService): void {
  const meta = serviceMetas()[service.id];
  if (meta === undefined) throw new OrreryError("ServiceMiswired", `${service.id}: no such service among the generated schemas`);
  const known = new Set(meta.operations);
  const handled = new Set(Object.keys(service.operations).filter((name) => service.operations[name] !== undefined));
  const declared = new Set(service.notImplemented);
  const problems = [
    problem(
      "neither handled nor declared not implemented",
      meta.operations.filter((name) => !handled.has(name) && !declared.has(name)),
    ),
    problem(
      "handled and declared not implemented",
      meta.operations.filter((name) => handled.has(name) && declared.has(name)),
    ),
    problem(
      "unknown to the schema",
      [...handled, ...declared].filter((name) => !known.has(name)),
    ),
    problem(
      "declared partial without a handler",
      Object.keys(service.partial ?? {}).filter((name) => !handled.has(name)),
    ),
    problem(
      "given permissions without a handler",
      Object.keys(service.permissions ?? {}).filter((name) => !handled.has(name)),
    ),
  ].filter((text) => text !== undefined);
  if (problems.length > 0) throw new OrreryError("ServiceMiswired", `${service.id}: ${problems.join("; ")}`);
}

function problem(what: string, operations: readonly string[]): string | undefined {
  return operations.length === 0 ? undefined : `${what}: ${operations.join(", ")}`;
}
