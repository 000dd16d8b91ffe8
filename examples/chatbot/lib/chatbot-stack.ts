import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from "aws-cdk-lib";
import { CorsHttpMethod, HttpApi, HttpMethod } from "aws-cdk-lib/aws-apigatewayv2";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { LambdaDeploymentConfig, LambdaDeploymentGroup } from "aws-cdk-lib/aws-codedeploy";
import { AttributeType, BillingMode, Table } from "aws-cdk-lib/aws-dynamodb";
import { Rule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { Alias, Architecture, Runtime, Tracing } from "aws-cdk-lib/aws-lambda";
import { NodejsFunction } from "aws-cdk-lib/aws-lambda-nodejs";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { BlockPublicAccess, Bucket, BucketEncryption, type CfnBucket } from "aws-cdk-lib/aws-s3";
import { CfnSamplingRule } from "aws-cdk-lib/aws-xray";
import type { Construct } from "constructs";
import { Observability } from "./observability.ts";

export interface ChatbotProps extends StackProps {
  /** A Bedrock model id such as `amazon.nova-lite-v1:0`. Without one, answers are quoted from the documents. */
  readonly model?: string | undefined;
}

/**
 * Documents in a bucket → an event → the ingest function → chunks in a table. A question over HTTP → the chat function,
 * which finds the chunks that matter, answers with their sources, and remembers the conversation for a day. A new version
 * of the chat function answers a tenth of the questions for half an hour; an alarm sends them all back to the old one.
 */
export class ChatbotStack extends Stack {
  readonly #props: ChatbotProps;

  constructor(scope: Construct, id: string, props: ChatbotProps = {}) {
    super(scope, id, props);
    this.#props = props;

    const documents = new Bucket(this, "Documents", {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.DESTROY,
      autoDeleteObjects: true,
    });
    // The property itself: `eventBridgeEnabled` would bring a function of its own just to set it.
    (documents.node.defaultChild as CfnBucket).notificationConfiguration = { eventBridgeConfiguration: { eventBridgeEnabled: true } };
    const table = new Table(this, "Table", {
      partitionKey: { name: "pk", type: AttributeType.STRING },
      sortKey: { name: "sk", type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: "expires",
      removalPolicy: RemovalPolicy.DESTROY,
    });

    const ingest = this.#function("Ingest", { TABLE: table.tableName }, Duration.seconds(60));
    documents.grantRead(ingest);
    table.grant(ingest, "dynamodb:Query", "dynamodb:BatchWriteItem", "dynamodb:UpdateItem");
    new Rule(this, "DocumentChanged", {
      eventPattern: {
        source: ["aws.s3"],
        detailType: ["Object Created", "Object Deleted"],
        detail: { bucket: { name: [documents.bucketName] } },
      },
      targets: [new LambdaFunction(ingest, { retryAttempts: 3 })],
    });

    const chat = this.#function("Chat", { TABLE: table.tableName, MODEL: props.model ?? "" }, Duration.seconds(20));
    table.grant(chat, "dynamodb:Query", "dynamodb:GetItem", "dynamodb:PutItem");
    if (props.model !== undefined) {
      const arn = `arn:${this.partition}:bedrock:${this.region}::foundation-model/${props.model}`;
      chat.addToRolePolicy(new PolicyStatement({ actions: ["bedrock:InvokeModel"], resources: [arn] }));
    }
    const api = new HttpApi(this, "Api", {
      corsPreflight: { allowOrigins: ["*"], allowMethods: [CorsHttpMethod.GET, CorsHttpMethod.POST], allowHeaders: ["content-type"] },
    });
    const live = new Alias(this, "ChatLive", { aliasName: "live", version: chat.currentVersion });
    const integration = new HttpLambdaIntegration("ChatIntegration", live);
    api.addRoutes({ path: "/", methods: [HttpMethod.GET], integration });
    api.addRoutes({ path: "/chat", methods: [HttpMethod.POST], integration });
    api.addRoutes({ path: "/documents", methods: [HttpMethod.GET], integration });

    const gates = [
      this.#alarm("ChatErrors", live.metricErrors({ period: Duration.minutes(1) }), 1),
      this.#alarm("ChatLatency", live.metricDuration({ statistic: "p90", period: Duration.minutes(1) }), 5_000),
    ];
    new LambdaDeploymentGroup(this, "ChatDeployment", {
      alias: live,
      deploymentConfig: LambdaDeploymentConfig.CANARY_10PERCENT_30MINUTES,
      alarms: gates,
      autoRollback: { failedDeployment: true, stoppedDeployment: true, deploymentInAlarm: true },
    });
    const others = [
      this.#alarm("IngestErrors", ingest.metricErrors({ period: Duration.minutes(1) }), 1),
      this.#alarm("ApiServerErrors", api.metricServerError({ period: Duration.minutes(1) }), 1),
    ];
    new Observability(this, "Observability", {
      name: this.stackName,
      live,
      logGroups: [chat, ingest].map(({ logGroup }) => logGroup.logGroupName),
      alarms: [...gates, ...others],
    });

    // So few requests can all be traced: the default rule keeps one a second.
    const any = { host: "*", httpMethod: "*", urlPath: "*", resourceArn: "*", serviceName: "*", serviceType: "*" };
    new CfnSamplingRule(this, "TraceAll", {
      samplingRule: { ruleName: this.stackName, priority: 1_000, fixedRate: 1, reservoirSize: 10, version: 1, ...any },
    });

    new CfnOutput(this, "Url", { value: api.apiEndpoint, description: "The chat page" });
    new CfnOutput(this, "ApiId", { value: api.apiId });
    new CfnOutput(this, "DocumentsBucket", { value: documents.bucketName });
  }

  #function(name: "Ingest" | "Chat", environment: Record<string, string>, timeout: Duration): NodejsFunction {
    return new NodejsFunction(this, name, {
      entry: `${import.meta.dirname}/../lambda/${name.toLowerCase()}.ts`,
      runtime: Runtime.NODEJS_22_X,
      architecture: Architecture.X86_64,
      memorySize: 256,
      timeout,
      environment,
      tracing: Tracing.ACTIVE,
      description:
        this.#props.model === undefined ? `${name}, answers quoted from the documents` : `${name}, answers by ${this.#props.model}`,
      logGroup: new LogGroup(this, `${name}Logs`, { retention: RetentionDays.TWO_WEEKS, removalPolicy: RemovalPolicy.DESTROY }),
      bundling: { minify: true, sourceMap: false, externalModules: ["@aws-sdk/*"] },
    });
  }

  #alarm(name: string, metric: IMetric, threshold: number): Alarm {
    return new Alarm(this, `${name}Alarm`, {
      metric,
      threshold,
      evaluationPeriods: 3,
      datapointsToAlarm: 2,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }
}
