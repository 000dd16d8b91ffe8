import type { AnyService } from "./aws/service.ts";
import { compose, type Orrery, type OrreryOptions } from "./compose.ts";
import { consoleEndpoint } from "./introspection/console/index.ts";
import { introspection } from "./introspection/endpoints.ts";
import { apigatewayv2 } from "./services/apigatewayv2/index.ts";
import { applicationSignals } from "./services/application-signals/index.ts";
import { cloudformation } from "./services/cloudformation/index.ts";
import { cloudwatch } from "./services/cloudwatch/index.ts";
import { cloudwatchLogs } from "./services/cloudwatch-logs/index.ts";
import { codebuild } from "./services/codebuild/index.ts";
import { codecommit } from "./services/codecommit/index.ts";
import { codeconnections, codestarConnections } from "./services/codeconnections/index.ts";
import { codedeploy } from "./services/codedeploy/index.ts";
import { codepipeline } from "./services/codepipeline/index.ts";
import { codestarNotifications } from "./services/codestar-notifications/index.ts";
import { dynamodb } from "./services/dynamodb/index.ts";
import { ecr } from "./services/ecr/index.ts";
import { eventbridge } from "./services/eventbridge/index.ts";
import { iam } from "./services/iam/index.ts";
import { kms } from "./services/kms/index.ts";
import { lambda } from "./services/lambda/index.ts";
import { s3 } from "./services/s3/index.ts";
import { secretsManager } from "./services/secrets-manager/index.ts";
import { sns } from "./services/sns/index.ts";
import { sqs } from "./services/sqs/index.ts";
import { ssm } from "./services/ssm/index.ts";
import { sts } from "./services/sts/index.ts";
import { xray } from "./services/xray/index.ts";

// Each is typed by its own operations; whoever handles all of them alike needs only their common shape.
export const services = [
  apigatewayv2,
  applicationSignals,
  cloudformation,
  cloudwatch,
  cloudwatchLogs,
  codecommit,
  codeconnections,
  codestarConnections,
  codepipeline,
  codebuild,
  codedeploy,
  codestarNotifications,
  dynamodb,
  ecr,
  eventbridge,
  iam,
  kms,
  lambda,
  s3,
  secretsManager,
  sns,
  sqs,
  ssm,
  sts,
  xray,
] as unknown as readonly AnyService[];

/** Starts a cloud with every service. */
export function startOrrery(options: OrreryOptions): Promise<Orrery> {
  return compose(services, options, (orrery) => [consoleEndpoint(orrery), introspection(orrery, services)]);
}
