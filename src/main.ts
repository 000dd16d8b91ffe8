import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { AnyService } from "./aws/service.ts";
import { compose, type Orrery, type OrreryOptions } from "./compose.ts";
import { introspection } from "./introspection/endpoints.ts";
import { apigatewayv2 } from "./services/apigatewayv2/index.ts";
import { cloudformation } from "./services/cloudformation/index.ts";
import { cloudwatch } from "./services/cloudwatch/index.ts";
import { cloudwatchLogs } from "./services/cloudwatch-logs/index.ts";
import { dynamodb } from "./services/dynamodb/index.ts";
import { ecr } from "./services/ecr/index.ts";
import { eventbridge } from "./services/eventbridge/index.ts";
import { iam } from "./services/iam/index.ts";
import { kms } from "./services/kms/index.ts";
import { lambda } from "./services/lambda/index.ts";
import { sqs } from "./services/sqs/index.ts";
import { ssm } from "./services/ssm/index.ts";
import { sts } from "./services/sts/index.ts";

const landed = [
  apigatewayv2,
  cloudformation,
  cloudwatch,
  cloudwatchLogs,
  dynamodb,
  ecr,
  eventbridge,
  iam,
  kms,
  lambda,
  sqs,
  ssm,
  sts,
] as unknown as AnyService[];
const services = [...landed, ...(await loadServices())];

async function loadServices(): Promise<AnyService[]> {
  const found: AnyService[] = [];
  for (const name of ["s3", "sns", "secrets-manager", "apigatewayv2", "cloudformation"]) {
    const file = join(import.meta.dirname, "services", name, "index.ts");
    if (landed.some((s) => s.id === name) || !existsSync(file)) continue;
    try {
      const module = (await import(pathToFileURL(file).href)) as Record<string, AnyService>;
      for (const value of Object.values(module)) if (typeof value === "object" && "operations" in value) found.push(value);
    } catch (error) {
      process.stderr.write(`left out ${name}: ${String(error).slice(0, 300)}\n`);
    }
  }
  return found;
}

/** Starts a cloud with every service. */
export function startOrrery(options: OrreryOptions): Promise<Orrery> {
  return compose(services, options, (orrery) => [introspection(orrery, services)]);
}
