import type { AnyService } from "../aws/service.ts";
import { serviceMetas } from "../models/index.ts";

export type Coverage = "real" | "partial" | "not implemented";

export interface OperationCoverage {
  readonly operation: string;
  readonly coverage: Coverage;
  /** For partial ones: what is missing. */
  readonly missing?: string;
}

export interface ServiceCoverage {
  readonly service: string;
  readonly operations: OperationCoverage[];
  readonly resourceTypes: string[];
}

/** Every operation of every service's schema, as its declaration says; the wiring check makes sure that none is left out. */
export function coverageOf(services: readonly AnyService[]): { services: ServiceCoverage[] } {
  const byId = new Map(services.map((service) => [service.id, service]));
  return {
    services: Object.values(serviceMetas()).map((meta) => {
      const service = byId.get(meta.id);
      return {
        service: meta.id,
        operations: meta.operations.map((operation) => operationCoverage(service, operation)),
        resourceTypes: Object.keys(service?.resources ?? {}).sort(),
      };
    }),
  };
}

function operationCoverage(service: AnyService | undefined, operation: string): OperationCoverage {
  if (service?.operations[operation] === undefined) return { operation, coverage: "not implemented" };
  const missing = service.partial?.[operation];
  return missing === undefined ? { operation, coverage: "real" } : { operation, coverage: "partial", missing };
}
