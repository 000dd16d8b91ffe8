import { CfnCapabilities, Duration, RemovalPolicy, Stack, type StackProps } from "aws-cdk-lib";
import {
  BuildEnvironmentVariableType,
  BuildSpec,
  Cache,
  ComputeType,
  LinuxBuildImage,
  LocalCacheMode,
  PipelineProject,
} from "aws-cdk-lib/aws-codebuild";
import { Code, Repository } from "aws-cdk-lib/aws-codecommit";
import { Artifact, ExecutionMode, Pipeline, PipelineType, Variable } from "aws-cdk-lib/aws-codepipeline";
import {
  CloudFormationCreateUpdateStackAction,
  CodeBuildAction,
  CodeCommitSourceAction,
  CodeCommitTrigger,
  ManualApprovalAction,
} from "aws-cdk-lib/aws-codepipeline-actions";
import { PolicyStatement, Role } from "aws-cdk-lib/aws-iam";
import { BlockPublicAccess, Bucket, BucketEncryption } from "aws-cdk-lib/aws-s3";
import { Asset } from "aws-cdk-lib/aws-s3-assets";
import type { Construct } from "constructs";

export interface PipelineProps extends StackProps {
  /** Name of the stack that is delivered. */
  readonly application: string;
}

const BRANCH = "main";
/** Of the CDK's bootstrap stack. */
const QUALIFIER = "hnb659fds";

/**
 * Push → build (install, lint, tests with a report, synthesis, publication of assets) → approval → deployment, whose canary
 * decides → a smoke test on what is live. One execution after the other: no commit is passed over.
 */
export class PipelineStack extends Stack {
  constructor(scope: Construct, id: string, props: PipelineProps) {
    super(scope, id, props);
    const root = `${import.meta.dirname}/..`;
    const code = new Asset(this, "Code", { path: root, exclude: ["node_modules", "cdk.out", "reports"] });
    const repository = new Repository(this, "Repository", {
      repositoryName: "chatbot",
      description: "The chatbot and its pipeline",
      code: Code.fromAsset(code, BRANCH),
    });
    const artifacts = new Bucket(this, "Artifacts", {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      lifecycleRules: [{ expiration: Duration.days(30) }],
      removalPolicy: RemovalPolicy.DESTROY,
      autoDeleteObjects: true,
    });
    const pipeline = new Pipeline(this, "Pipeline", {
      pipelineName: "chatbot",
      pipelineType: PipelineType.V2,
      executionMode: ExecutionMode.QUEUED,
      artifactBucket: artifacts,
      variables: [new Variable({ variableName: "QUESTION", description: "What the smoke test asks", defaultValue: "refund" })],
    });

    const source = new Artifact("Source");
    const synthesised = new Artifact("Synthesised");
    pipeline.addStage({
      stageName: "Source",
      actions: [
        new CodeCommitSourceAction({
          actionName: "Commit",
          repository,
          branch: BRANCH,
          output: source,
          trigger: CodeCommitTrigger.EVENTS,
          variablesNamespace: "Commit",
        }),
      ],
    });
    pipeline.addStage({
      stageName: "Build",
      actions: [new CodeBuildAction({ actionName: "Test", input: source, outputs: [synthesised], project: this.#build() })],
    });
    pipeline.addStage({
      stageName: "Approve",
      actions: [
        new ManualApprovalAction({
          actionName: "Review",
          additionalInformation: "#{Commit.CommitMessage}",
        }),
      ],
    });
    pipeline.addStage({
      stageName: "Deploy",
      actions: [
        new CloudFormationCreateUpdateStackAction({
          actionName: "Canary",
          stackName: props.application,
          templatePath: synthesised.atPath(`${props.application}.template.json`),
          adminPermissions: false,
          cfnCapabilities: [CfnCapabilities.NAMED_IAM, CfnCapabilities.AUTO_EXPAND],
          deploymentRole: Role.fromRoleArn(this, "Deployer", this.#bootstrapRole("cfn-exec-role")),
          variablesNamespace: "Stack",
          runOrder: 1,
        }),
        new CodeBuildAction({
          actionName: "Smoke",
          input: source,
          project: this.#smoke(),
          environmentVariables: {
            URL: { value: "#{Stack.Url}", type: BuildEnvironmentVariableType.PLAINTEXT },
            QUESTION: { value: "#{variables.QUESTION}", type: BuildEnvironmentVariableType.PLAINTEXT },
          },
          runOrder: 2,
        }),
      ],
    });
  }

  #build(): PipelineProject {
    const project = new PipelineProject(this, "Build", {
      description: "Installs, lints, tests and synthesises the chatbot, and publishes its assets",
      buildSpec: BuildSpec.fromSourceFilename("buildspec.yml"),
      environment: { buildImage: LinuxBuildImage.STANDARD_7_0, computeType: ComputeType.MEDIUM },
      cache: Cache.local(LocalCacheMode.CUSTOM),
      timeout: Duration.minutes(20),
    });
    project.addToRolePolicy(
      new PolicyStatement({
        actions: ["sts:AssumeRole"],
        resources: [this.#bootstrapRole("file-publishing-role"), this.#bootstrapRole("lookup-role")],
      }),
    );
    return project;
  }

  #smoke(): PipelineProject {
    return new PipelineProject(this, "Smoke", {
      description: "Asks the live chatbot one question",
      environment: { buildImage: LinuxBuildImage.STANDARD_7_0, computeType: ComputeType.SMALL },
      timeout: Duration.minutes(5),
      buildSpec: BuildSpec.fromObject({
        version: "0.2",
        phases: {
          build: {
            commands: [
              'curl -fsS --max-time 20 "$URL/documents"',
              // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's, in the build
              'curl -fsS --max-time 20 -H "content-type: application/json" -d "{\\"question\\":\\"${QUESTION}\\"}" "$URL/chat"',
            ],
          },
        },
      }),
    });
  }

  #bootstrapRole(name: string): string {
    return `arn:${this.partition}:iam::${this.account}:role/cdk-${QUALIFIER}-${name}-${this.account}-${this.region}`;
  }
}
