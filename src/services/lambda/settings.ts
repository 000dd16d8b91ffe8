import type { Architecture, CreateFunctionCommandInput, Runtime } from "@aws-sdk/client-lambda";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import { invalid } from "./names.ts";
import type { FunctionRecord } from "./records.ts";
import { getLayer } from "./store.ts";

/** The members that CreateFunction and UpdateFunctionConfiguration have in common. */
export type SettingsInput = Pick<
  CreateFunctionCommandInput,
  | "Runtime"
  | "Role"
  | "Handler"
  | "Description"
  | "Timeout"
  | "MemorySize"
  | "VpcConfig"
  | "DeadLetterConfig"
  | "Environment"
  | "KMSKeyArn"
  | "TracingConfig"
  | "Layers"
  | "FileSystemConfigs"
  | "ImageConfig"
  | "EphemeralStorage"
  | "SnapStart"
  | "LoggingConfig"
  | "CapacityProviderConfig"
  | "DurableConfig"
>;

export type Settings = Omit<
  FunctionRecord,
  "name" | "version" | "code" | "lastModified" | "revisionId" | "state" | "updating" | "architecture"
>;

const RUNTIMES: readonly string[] = [
  ...["nodejs18.x", "nodejs20.x", "nodejs22.x", "nodejs24.x"],
  ...["python3.8", "python3.9", "python3.10", "python3.11", "python3.12", "python3.13", "python3.14"],
];
const RETIRED = /^(nodejs(4\.3|4\.3-edge|6\.10|8\.10|10\.x|12\.x|14\.x|16\.x)?|python(2\.7|3\.6|3\.7))$/;
const LARGEST_ENVIRONMENT = 4096;
const MOST_LAYERS = 5;

/** Variables that Lambda sets itself: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html */
const RESERVED = new Set([
  ...["_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE"],
  ...["AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME"],
  ...["AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API"],
  ...["LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR"],
]);

/** The settings that result from a request, what it leaves out taken from `before`. @throws AwsException */
export function settingsOf(ctx: Context, operation: string, input: SettingsInput, before: Settings): Settings {
  refuseWhatIsMissing(operation, input);
  const { kmsKeyArn: _key, variables: _variables, deadLetterArn: _target, ...kept } = before;
  const variables = input.Environment === undefined ? before.variables : checkVariables(input.Environment.Variables ?? {});
  const kms = input.KMSKeyArn ?? before.kmsKeyArn;
  const target = input.DeadLetterConfig === undefined ? before.deadLetterArn : input.DeadLetterConfig.TargetArn;
  return {
    ...kept,
    runtime: checkRuntime(operation, input.Runtime ?? before.runtime),
    role: input.Role ?? before.role,
    handler: input.Handler ?? before.handler,
    description: input.Description ?? before.description,
    timeout: input.Timeout ?? before.timeout,
    memory: input.MemorySize ?? before.memory,
    layers: input.Layers === undefined ? before.layers : layersOf(ctx, operation, input.Layers),
    tracing: input.TracingConfig?.Mode ?? before.tracing,
    ephemeral: input.EphemeralStorage?.Size ?? before.ephemeral,
    logging: loggingOf(input, before),
    ...(variables === undefined || Object.keys(variables).length === 0 ? {} : { variables }),
    ...(kms === undefined || kms === "" ? {} : { kmsKeyArn: kms }),
    ...(target === undefined || target === "" ? {} : { deadLetterArn: target }),
  };
}

/** What a new function has where its request says nothing. */
export function defaults(name: string): Settings {
  return {
    runtime: "nodejs24.x" as Runtime,
    role: "",
    handler: "",
    description: "",
    timeout: 3,
    memory: 128,
    layers: [],
    tracing: "PassThrough",
    ephemeral: 512,
    logging: { LogFormat: "Text", LogGroup: `/aws/lambda/${name}` },
  };
}

export function architectureOf(given: readonly Architecture[] | undefined, before: Architecture): Architecture {
  if (given !== undefined && given.length > 1) throw invalid("Architectures list must contain exactly one architecture");
  return given?.[0] ?? before;
}

function refuseWhatIsMissing(operation: string, input: SettingsInput): void {
  const refused: Record<string, boolean> = {
    VpcConfig: (input.VpcConfig?.SubnetIds ?? []).length > 0 || (input.VpcConfig?.SecurityGroupIds ?? []).length > 0,
    FileSystemConfigs: (input.FileSystemConfigs ?? []).length > 0,
    ImageConfig: input.ImageConfig !== undefined,
    SnapStart: input.SnapStart?.ApplyOn === "PublishedVersions",
    CapacityProviderConfig: input.CapacityProviderConfig !== undefined,
    DurableConfig: input.DurableConfig !== undefined,
  };
  for (const [member, isAsked] of Object.entries(refused)) if (isAsked) throw notImplemented("lambda", operation, member);
}

function checkRuntime(operation: string, runtime: Runtime): Runtime {
  if (RUNTIMES.includes(runtime)) return runtime;
  if (RETIRED.test(runtime)) {
    throw invalid(
      `The runtime parameter of ${runtime} is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions.`,
    );
  }
  throw notImplemented("lambda", operation, `Runtime ${runtime}`);
}

function checkVariables(variables: Readonly<Record<string, string>>): Record<string, string> {
  const reserved = Object.keys(variables).filter((name) => RESERVED.has(name));
  const cannot = "Lambda was unable to configure your environment variables because the environment variables you have provided";
  if (reserved.length > 0) {
    throw invalid(
      `${cannot} contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${reserved.join(", ")}`,
    );
  }
  const text = JSON.stringify(variables);
  if (Buffer.byteLength(text) > LARGEST_ENVIRONMENT) throw invalid(`${cannot} exceeded the 4KB limit. String measured: ${text}`);
  return { ...variables };
}

function loggingOf(input: SettingsInput, before: Settings): Settings["logging"] {
  const given = input.LoggingConfig;
  if (given === undefined) return before.logging;
  const LogFormat = given.LogFormat ?? before.logging.LogFormat;
  const LogGroup = given.LogGroup ?? before.logging.LogGroup;
  if (LogFormat === "Text") {
    if (given.ApplicationLogLevel !== undefined || given.SystemLogLevel !== undefined) {
      throw invalid("To use ApplicationLogLevel or SystemLogLevel, LogFormat must be set to JSON.");
    }
    return { LogFormat, LogGroup };
  }
  const { ApplicationLogLevel = "INFO", SystemLogLevel = "INFO" } = { ...before.logging, ...given };
  return { LogFormat, LogGroup, ApplicationLogLevel, SystemLogLevel };
}

const LAYER_ARN = /^arn:aws[a-z-]*:lambda:([a-z0-9-]+):(\d{12}):layer:([a-zA-Z0-9-_]+):(\d+)$/;

function layersOf(ctx: Context, operation: string, arns: readonly string[]): Settings["layers"] {
  if (arns.length > MOST_LAYERS) throw invalid(`Cannot reference more than ${MOST_LAYERS} layers.`);
  return arns.map((arn) => {
    const [, region, account, name = "", number = ""] = LAYER_ARN.exec(arn) ?? [];
    if (region !== undefined && region !== ctx.region) {
      throw invalid(`Layer version ${arn} must be in the same region as the function.`);
    }
    // Layers of AWS's own accounts are not on this machine.
    if (account !== undefined && account !== ctx.account) throw notImplemented("lambda", operation, `layer ${arn} of another account`);
    const layer = getLayer(ctx, name, Number(number));
    if (layer === undefined) {
      throw new AwsException("InvalidParameterValueException", `Layer version ${arn} does not exist.`, { members: { Type: "User" } });
    }
    return { arn, size: layer.code.size, blob: layer.code.blob };
  });
}
