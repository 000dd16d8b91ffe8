import type { Context } from "../../../aws/context.ts";
import { findProvider } from "../registry.ts";
import type { Action, Declaration, TypeId } from "./declaration.ts";

/** AWS shows secret configuration values like this, and takes it back as "leave it as it is". */
export const MASK = "****";

function secretsOf(ctx: Context, type: TypeId): ReadonlySet<string> {
  const keys = findProvider(ctx, type)?.configuration ?? [];
  return new Set(keys.filter(({ secret }) => secret === true).map(({ name }) => name));
}

/** A configuration as everybody may see it. */
export function maskConfiguration(ctx: Context, type: TypeId, configuration: Readonly<Record<string, string>>): Record<string, string> {
  const secrets = secretsOf(ctx, type);
  return Object.fromEntries(Object.entries(configuration).map(([key, value]) => [key, secrets.has(key) ? MASK : value]));
}

function mapActions(declaration: Declaration, change: (action: Action, stage: string) => Action): Declaration {
  const stages = declaration.stages.map((stage) => ({ ...stage, actions: stage.actions.map((action) => change(action, stage.name)) }));
  return { ...declaration, stages };
}

export function maskSecrets(ctx: Context, declaration: Declaration): Declaration {
  return mapActions(declaration, (action) => ({
    ...action,
    configuration: maskConfiguration(ctx, action.actionTypeId, action.configuration),
  }));
}

/** Puts the secrets of before where the new definition has only the mask. */
export function keepSecrets(ctx: Context, declaration: Declaration, before: Declaration): Declaration {
  return mapActions(declaration, (action, stage) => {
    const old = before.stages.find(({ name }) => name === stage)?.actions.find(({ name }) => name === action.name);
    const secrets = secretsOf(ctx, action.actionTypeId);
    const entries = Object.entries(action.configuration).map(([key, value]) => {
      const kept = value === MASK && secrets.has(key) ? old?.configuration[key] : undefined;
      return [key, kept ?? value] as const;
    });
    return { ...action, configuration: Object.fromEntries(entries) };
  });
}
