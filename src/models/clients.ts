/** The one list of SDK packages whose types the handlers are written against. */
declare module "../aws/clients.ts" {
  interface Clients {
    readonly sts: typeof import("@aws-sdk/client-sts");
    readonly iam: typeof import("@aws-sdk/client-iam");
    readonly s3: typeof import("@aws-sdk/client-s3");
    readonly dynamodb: typeof import("@aws-sdk/client-dynamodb");
    readonly lambda: typeof import("@aws-sdk/client-lambda");
    readonly apigatewayv2: typeof import("@aws-sdk/client-apigatewayv2");
    readonly eventbridge: typeof import("@aws-sdk/client-eventbridge");
    readonly sqs: typeof import("@aws-sdk/client-sqs");
    readonly ssm: typeof import("@aws-sdk/client-ssm");
    readonly "cloudwatch-logs": typeof import("@aws-sdk/client-cloudwatch-logs");
    readonly cloudwatch: typeof import("@aws-sdk/client-cloudwatch");
    readonly ecr: typeof import("@aws-sdk/client-ecr");
    readonly kms: typeof import("@aws-sdk/client-kms");
    readonly cloudformation: typeof import("@aws-sdk/client-cloudformation");
    readonly sns: typeof import("@aws-sdk/client-sns");
    readonly "secrets-manager": typeof import("@aws-sdk/client-secrets-manager");
    readonly codecommit: typeof import("@aws-sdk/client-codecommit");
    /** Its own API under another name: scripts/generate-schemas.ts. */
    readonly codeconnections: typeof import("@aws-sdk/client-codestar-connections");
    readonly "codestar-connections": typeof import("@aws-sdk/client-codestar-connections");
    readonly "codestar-notifications": typeof import("./derived/codestar-notifications.generated.ts");
    readonly codepipeline: typeof import("@aws-sdk/client-codepipeline");
    readonly codebuild: typeof import("@aws-sdk/client-codebuild");
    readonly codedeploy: typeof import("@aws-sdk/client-codedeploy");
    readonly xray: typeof import("@aws-sdk/client-xray");
    readonly "application-signals": typeof import("@aws-sdk/client-application-signals");
  }
}

export {};
