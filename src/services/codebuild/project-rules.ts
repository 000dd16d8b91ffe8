import type {
  CreateProjectInput,
  ProjectArtifacts,
  ProjectBuildBatchConfig,
  ProjectCache,
  ProjectEnvironment,
  ProjectSource,
} from "@aws-sdk/client-codebuild";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import { servicePrincipal } from "../../aws/identity.ts";
import { invalid } from "./failures.ts";

type Settings = Omit<Partial<CreateProjectInput>, "name">;

const ROLE = /^arn:aws[a-z-]*:iam::(\d{12}):role\/(?:.*\/)?([\w+=,.@-]+)$/;
const IDENTIFIER = /^\w{1,128}$/;
const MOST_SECONDARY = 12;

/** What the API's documentation asks of a project beyond its shapes. @throws AwsException InvalidInputException */
export function checkSettings(settings: Settings): void {
  if (settings.source !== undefined) checkSource(settings.source);
  if (settings.artifacts !== undefined) checkArtifacts(settings.artifacts);
  if (settings.environment !== undefined) checkEnvironment(settings.environment);
  if (settings.cache !== undefined) checkCache(settings.cache);
  checkSecondary(settings);
  checkPipelinePair(settings);
  checkNumbers(settings);
  if (settings.buildBatchConfig !== undefined) checkBatchConfig(settings.buildBatchConfig);
  if (settings.vpcConfig?.vpcId) throw notImplemented("codebuild", "CreateProject", "vpcConfig");
  if ((settings.fileSystemLocations ?? []).length > 0) throw notImplemented("codebuild", "CreateProject", "fileSystemLocations");
}

/** https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ProjectBuildBatchConfig.html @throws AwsException InvalidInputException */
export function checkBatchConfig({ timeoutInMins, restrictions }: ProjectBuildBatchConfig): void {
  if (timeoutInMins !== undefined && (timeoutInMins < 5 || timeoutInMins > 2160)) {
    throw invalid("Invalid batch timeout: timeoutInMins must be between 5 and 2160");
  }
  const { maximumBuildsAllowed: most, fleetsAllowed = [] } = restrictions ?? {};
  if (most !== undefined && (most < 1 || most > 100)) throw invalid("Invalid maximum number of builds allowed: must be between 1 and 100");
  if (fleetsAllowed.length > 0) throw notImplemented("codebuild", "CreateProject", "buildBatchConfig.restrictions.fleetsAllowed");
}

function checkNumbers(settings: Settings): void {
  const within = (value: number | undefined, low: number, high: number, what: string): void => {
    if (value !== undefined && (value < low || value > high)) throw invalid(`Invalid ${what}: must be between ${low} and ${high}`);
  };
  within(settings.timeoutInMinutes, 5, 2160, "timeout in minutes");
  within(settings.queuedTimeoutInMinutes, 5, 480, "queued timeout in minutes");
  within(settings.autoRetryLimit, 0, 10, "auto retry limit");
  if (settings.concurrentBuildLimit !== undefined && settings.concurrentBuildLimit < 0 && settings.concurrentBuildLimit !== -1) {
    throw invalid("Invalid concurrent build limit: must be greater than 0");
  }
}

function checkSecondary(settings: Settings): void {
  const sources = settings.secondarySources ?? [];
  const artifacts = settings.secondaryArtifacts ?? [];
  if (sources.length > MOST_SECONDARY || artifacts.length > MOST_SECONDARY) {
    throw invalid(`A project can have up to ${MOST_SECONDARY} secondary sources and ${MOST_SECONDARY} secondary artifacts`);
  }
  const identifiers = [...sources.map((source) => source.sourceIdentifier), ...artifacts.map((artifact) => artifact.artifactIdentifier)];
  for (const identifier of identifiers) {
    if (identifier === undefined || !IDENTIFIER.test(identifier)) {
      throw invalid("Invalid project: secondary sources and artifacts must have an identifier of letters, digits and underscores");
    }
  }
  for (const source of sources) checkSource(source, { secondary: true });
  for (const artifact of artifacts) checkArtifacts(artifact);
  const names = new Set(sources.map((source) => source.sourceIdentifier));
  for (const { sourceIdentifier } of settings.secondarySourceVersions ?? []) {
    if (!names.has(sourceIdentifier)) throw invalid(`Invalid secondary source version: no secondary source ${sourceIdentifier ?? ""}`);
  }
}

/** https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ProjectArtifacts.html: CODEPIPELINE goes with CODEPIPELINE. */
function checkPipelinePair({ source, artifacts }: Settings): void {
  if (source === undefined || artifacts === undefined) return;
  if ((source.type === "CODEPIPELINE") === (artifacts.type === "CODEPIPELINE")) return;
  throw invalid(
    source.type === "CODEPIPELINE"
      ? "Invalid artifacts: artifact type must be CODEPIPELINE when source type is CODEPIPELINE"
      : "Invalid artifacts: artifact type CODEPIPELINE needs source type CODEPIPELINE",
  );
}

export function checkSource(source: ProjectSource, { secondary = false, ofBuild = false } = {}): void {
  const { type, location = "", buildspec } = source;
  if (type === "NO_SOURCE") {
    if (secondary) throw invalid("Invalid secondary source: type NO_SOURCE is not allowed");
    if (location !== "") throw invalid("Invalid project source: location must be empty for source type NO_SOURCE");
    if (!ofBuild && !isInline(buildspec)) throw invalid("Invalid project source: buildspec must be given inline for source type NO_SOURCE");
    return;
  }
  if (type === "CODEPIPELINE") return;
  checkAuth(source);
  if (location === "") throw invalid(`Invalid project source: location is required for source type ${type ?? ""}`);
  if (type === "S3" && !/^[^/]+\/.+/.test(location.replace(/^arn:[^:]+:s3:::/, ""))) {
    throw invalid("Invalid project source: location must be a valid S3 source");
  }
  // The clone URL as CodeCommit gives it: AWS's host, or the one that Orrery is reached at.
  if (type === "CODECOMMIT" && !/^https?:\/\/[^/]+\/v1\/repos\/[\w.-]+$/.test(location) && !/^codecommit::/.test(location)) {
    throw invalid("Invalid project source: location must be a valid CodeCommit source");
  }
}

/** https://docs.aws.amazon.com/codebuild/latest/APIReference/API_SourceAuth.html: what is not OAUTH names what it is. */
function checkAuth({ type, auth }: ProjectSource): void {
  if (auth === undefined || auth.type === "OAUTH") return;
  if (type === "S3" || type === "CODECOMMIT") throw invalid(`Invalid project source: auth is not supported for source type ${type}`);
  if ((auth.resource ?? "") === "") throw invalid(`Invalid project source: auth of type ${auth.type ?? ""} needs a resource`);
}

/** A buildspec that is given as such, not by its place. */
export function isInline(buildspec: string | undefined): boolean {
  return buildspec !== undefined && (buildspec.includes("\n") || /^\s*(\{|version\s*:)/.test(buildspec));
}

export function checkArtifacts(artifacts: ProjectArtifacts): void {
  if (artifacts.type === "S3" && (artifacts.location ?? "") === "") throw invalid("Invalid artifacts: location must be a valid S3 bucket");
  if (artifacts.type === "S3" && /[/]/.test(artifacts.location?.replace(/^arn:[^:]+:s3:::/, "") ?? "")) {
    throw invalid("Invalid artifacts: location must be the name of a bucket");
  }
}

export function checkEnvironment(environment: ProjectEnvironment): void {
  const type = environment.type ?? "LINUX_CONTAINER";
  if (type.startsWith("WINDOWS") || type.startsWith("MAC")) throw notImplemented("codebuild", "CreateProject", `environment.type ${type}`);
  if (environment.fleet?.fleetArn !== undefined) throw notImplemented("codebuild", "CreateProject", "environment.fleet");
  const names = (environment.environmentVariables ?? []).map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw invalid(`Duplicate environment variable name: ${twice}`);
}

function checkCache(cache: ProjectCache): void {
  if (cache.type === "S3" && (cache.location ?? "") === "") throw invalid("Invalid cache: location must be a valid S3 bucket/prefix");
  if (cache.type === "LOCAL" && (cache.modes ?? []).length === 0) throw invalid("Invalid cache: modes must not be empty for local caching");
  if (cache.type !== "LOCAL" && (cache.modes ?? []).length > 0) throw invalid("Invalid cache: modes are only for local caching");
}

/** The commands of a pipeline run with the pipeline's own role, which need not know of CodeBuild. */
const LENDER = "codepipeline.amazonaws.com";

/**
 * The service role is in this account and lets CodeBuild in, or whoever lends it.
 * https://docs.aws.amazon.com/codebuild/latest/userguide/troubleshooting.html#troubleshooting-assume-role
 * @throws AwsException InvalidInputException
 */
export async function checkRole(ctx: Context, role: string, lent = ctx.principal.via?.service === LENDER): Promise<void> {
  const [, account, name] = ROLE.exec(role) ?? [];
  if (account === undefined || name === undefined) throw invalid("Invalid service role: Must be a valid IAM role ARN");
  if (account !== ctx.account) throw invalid("Invalid service role: Service role account ID does not match caller's account");
  const hosts = lent ? ["codebuild.amazonaws.com", LENDER] : ["codebuild.amazonaws.com"];
  const problem = await roleProblem(ctx, { role, name, hosts });
  if (problem) throw invalid(`CodeBuild is not authorized to perform: sts:AssumeRole on ${role}`);
}

interface Wanted {
  readonly role: string;
  readonly name: string;
  /** One of them must be let in. */
  readonly hosts: readonly string[];
}

async function roleProblem(ctx: Context, { role, name, hosts }: Wanted): Promise<boolean> {
  let trust: string | undefined;
  try {
    trust = (await ctx.call("iam", "GetRole", { RoleName: name })).Role?.AssumeRolePolicyDocument;
  } catch (error) {
    if (error instanceof AwsException && error.code.startsWith("NoSuchEntity")) return true;
    throw error;
  }
  const policy = decodeURIComponent(trust ?? "{}");
  const judgements = hosts.map((host) =>
    ctx.cloud.identity.judge(policy, {
      principal: servicePrincipal(ctx.account, host),
      action: "sts:AssumeRole",
      resource: role,
      conditions: {},
    }),
  );
  return judgements.every((judgement) => judgement === "none" || judgement === "deny");
}
