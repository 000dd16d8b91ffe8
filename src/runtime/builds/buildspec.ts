import type { YAMLMap } from "yaml";
import { type BatchSection, readBatch } from "./buildspec-batch.ts";
import { BuildspecError, BuildspecReader } from "./buildspec-read.ts";

export type PhaseName = "install" | "pre_build" | "build" | "post_build";
export const PHASE_NAMES: readonly PhaseName[] = ["install", "pre_build", "build", "post_build"];

export interface OnFailure {
  readonly action: "ABORT" | "CONTINUE" | "RETRY";
  /** Of RETRY: how often, and for which messages. */
  readonly count?: number;
  readonly pattern?: string;
}

export interface PhaseSection {
  readonly runAs: string | undefined;
  readonly onFailure: OnFailure | undefined;
  /** Of `install` only. */
  readonly runtimeVersions: Readonly<Record<string, string>>;
  readonly commands: readonly string[];
  readonly finally: readonly string[];
}

export interface ReportSection {
  readonly files: readonly string[];
  /** In capitals; JUNITXML where none is given. */
  readonly fileFormat: string;
  readonly baseDirectory: string | undefined;
  readonly discardPaths: boolean;
}

export interface ArtifactSection {
  readonly files: readonly string[];
  readonly name: string | undefined;
  readonly discardPaths: boolean;
  readonly baseDirectory: string | undefined;
  readonly excludePaths: readonly string[];
  readonly enableSymlinks: boolean;
  readonly s3Prefix: string | undefined;
}

export interface ArtifactsSection extends ArtifactSection {
  readonly secondary: Readonly<Record<string, ArtifactSection>>;
}

export interface CacheSection {
  readonly key: string | undefined;
  readonly fallbackKeys: readonly string[];
  readonly action: "restore" | "save" | undefined;
  readonly paths: readonly string[];
}

export interface EnvSection {
  readonly shell: string | undefined;
  readonly variables: Readonly<Record<string, string>>;
  readonly parameterStore: Readonly<Record<string, string>>;
  readonly secretsManager: Readonly<Record<string, string>>;
  readonly exportedVariables: readonly string[];
  readonly gitCredentialHelper: boolean;
}

/** https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html */
export interface Buildspec {
  readonly version: "0.1" | "0.2";
  readonly runAs: string | undefined;
  readonly env: EnvSection;
  readonly proxy: { readonly uploadArtifacts: boolean; readonly logs: boolean };
  readonly batch: BatchSection | undefined;
  /** Those that are there, in no other order than that of a build. */
  readonly phases: Readonly<Partial<Record<PhaseName, PhaseSection>>>;
  /** By report group name or ARN. */
  readonly reports: Readonly<Record<string, ReportSection>>;
  readonly artifacts: ArtifactsSection | undefined;
  readonly cache: CacheSection | undefined;
}

const MOST_FALLBACK_KEYS = 5;
const MOST_RETRIES = 100;
const DEFAULT_RETRIES = 3;
/** https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html#build-spec.reports */
const MOST_REPORT_GROUPS = 5;
const REPORT_FORMATS = [
  ...["CUCUMBERJSON", "JUNITXML", "NUNITXML", "NUNIT3XML", "TESTNGXML", "VISUALSTUDIOTRX"],
  ...["CLOVERXML", "COBERTURAXML", "JACOCOXML", "SIMPLECOV"],
];

/** Reads and checks a whole buildspec. @throws BuildspecError with the message of a YAML_FILE_ERROR */
export function parseBuildspec(text: string): Buildspec {
  const reader = new BuildspecReader(text);
  const { root } = reader;
  const version = versionOf(reader.text(root, "version", "version"));
  const phases = readPhases(reader, root);
  const batch = reader.map(root, "batch", "batch");
  const proxy = reader.map(root, "proxy", "proxy");
  return {
    version,
    runAs: reader.text(root, "run-as", "run-as"),
    env: readEnv(reader, root, version),
    proxy: {
      uploadArtifacts: proxy === undefined ? false : (reader.flag(proxy, "upload-artifacts", "proxy.upload-artifacts") ?? false),
      logs: proxy === undefined ? false : (reader.flag(proxy, "logs", "proxy.logs") ?? false),
    },
    batch: batch === undefined ? undefined : readBatch(reader, batch),
    phases,
    reports: readReports(reader, root),
    artifacts: readArtifacts(reader, root),
    cache: readCache(reader, root),
  };
}

function versionOf(text: string | undefined): "0.1" | "0.2" {
  if (text === undefined) throw new BuildspecError("Invalid buildspec: version is required");
  const version = text.replace(/^["']|["']$/g, "");
  if (version === "0.1" || version === "0.2") return version;
  throw new BuildspecError(`Invalid buildspec version: ${version}. Expected: 0.1,0.2`);
}

function readPhases(reader: BuildspecReader, root: YAMLMap): Buildspec["phases"] {
  const section = reader.map(root, "phases", "phases");
  const phases: Partial<Record<PhaseName, PhaseSection>> = {};
  if (section === undefined) return phases;
  for (const name of reader.keys(section)) {
    if (!PHASE_NAMES.includes(name as PhaseName)) {
      throw new BuildspecError(`Invalid buildspec phase name: ${name}. Expected: BUILD,INSTALL,POST_BUILD,PRE_BUILD`);
    }
    const phase = reader.map(section, name, `phases.${name}`);
    if (phase !== undefined) phases[name as PhaseName] = readPhase(reader, phase, name as PhaseName);
  }
  return phases;
}

function readPhase(reader: BuildspecReader, phase: YAMLMap, name: PhaseName): PhaseSection {
  const failure = reader.text(phase, "on-failure", `phases.${name}.on-failure`);
  return {
    runAs: reader.text(phase, "run-as", `phases.${name}.run-as`),
    onFailure: failure === undefined ? undefined : onFailureOf(failure),
    runtimeVersions: reader.textMap(phase, "runtime-versions", "runtime-versions") ?? {},
    commands: reader.texts(phase, "commands", "Commands") ?? [],
    finally: reader.texts(phase, "finally", "Finally") ?? [],
  };
}

/** `ABORT`, `CONTINUE`, `RETRY`, `RETRY-count`, `RETRY-regex`, `RETRY-count-regex`. @throws BuildspecError */
export function onFailureOf(text: string): OnFailure {
  const upper = text.toUpperCase();
  if (upper === "ABORT" || upper === "CONTINUE") return { action: upper };
  if (upper === "RETRY") return { action: "RETRY", count: DEFAULT_RETRIES, pattern: ".*" };
  const [, count, pattern] = /^RETRY-(?:(\d+)(?:-(?=.)|$))?(.*)$/is.exec(text) ?? [];
  const times = count === undefined ? DEFAULT_RETRIES : Number(count);
  if (pattern === undefined || times > MOST_RETRIES || !isPattern(pattern)) {
    throw new BuildspecError(`Invalid on-failure value: ${text}. Expected: ABORT,CONTINUE,RETRY,RETRY-count,RETRY-regex,RETRY-count-regex`);
  }
  return { action: "RETRY", count: times, pattern: pattern === "" ? ".*" : pattern };
}

function isPattern(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}

/** Version 0.1 called the plain variables `environment_variables/plaintext`. */
function readEnv(reader: BuildspecReader, root: YAMLMap, version: string): EnvSection {
  const old = version === "0.1" ? reader.map(root, "environment_variables", "environment_variables") : undefined;
  const plain = old === undefined ? undefined : reader.textMap(old, "plaintext", "environment_variables.plaintext");
  const env = reader.map(root, "env", "env");
  const within = (key: string) => (env === undefined ? undefined : reader.textMap(env, key, `env.${key}`));
  const shell = env === undefined ? undefined : reader.text(env, "shell", "env.shell");
  if (shell !== undefined && !["bash", "/bin/sh", "powershell.exe", "cmd.exe"].includes(shell)) {
    throw new BuildspecError(`Unsupported shell: ${shell}. Expected: bash,/bin/sh,powershell.exe,cmd.exe`);
  }
  return {
    shell,
    variables: { ...plain, ...within("variables") },
    parameterStore: within("parameter-store") ?? {},
    secretsManager: within("secrets-manager") ?? {},
    exportedVariables: (env === undefined ? undefined : reader.texts(env, "exported-variables", "env.exported-variables")) ?? [],
    gitCredentialHelper: (env === undefined ? undefined : reader.flag(env, "git-credential-helper", "env.git-credential-helper")) ?? false,
  };
}

function readReports(reader: BuildspecReader, root: YAMLMap): Buildspec["reports"] {
  const section = reader.map(root, "reports", "reports");
  if (section === undefined) return {};
  const names = reader.keys(section);
  if (names.length > MOST_REPORT_GROUPS)
    throw new BuildspecError(`Invalid reports: a build can have up to ${MOST_REPORT_GROUPS} report groups`);
  const reports: Record<string, ReportSection> = {};
  for (const name of names) {
    const report = reader.map(section, name, `reports.${name}`);
    if (report === undefined) continue;
    const files = reader.texts(report, "files", `reports.${name}.files`);
    if (files === undefined || files.length === 0) throw new BuildspecError(`Report ${name}: files is required`);
    const fileFormat = (reader.text(report, "file-format", `reports.${name}.file-format`) ?? "JUNITXML").toUpperCase();
    if (!REPORT_FORMATS.includes(fileFormat)) {
      throw new BuildspecError(`Invalid report file-format: ${fileFormat}. Expected: ${REPORT_FORMATS.join(",")}`);
    }
    reports[name] = {
      files,
      fileFormat,
      baseDirectory: reader.text(report, "base-directory", `reports.${name}.base-directory`),
      discardPaths: reader.flag(report, "discard-paths", `reports.${name}.discard-paths`) ?? false,
    };
  }
  return reports;
}

function readArtifacts(reader: BuildspecReader, root: YAMLMap): ArtifactsSection | undefined {
  const section = reader.map(root, "artifacts", "artifacts");
  if (section === undefined) return undefined;
  const others = reader.map(section, "secondary-artifacts", "artifacts.secondary-artifacts");
  const secondary: Record<string, ArtifactSection> = {};
  for (const name of others === undefined ? [] : reader.keys(others)) {
    const one = others === undefined ? undefined : reader.map(others, name, `artifacts.secondary-artifacts.${name}`);
    if (one !== undefined) secondary[name] = readArtifact(reader, one, name);
  }
  return { ...readArtifact(reader, section, undefined, others !== undefined), secondary };
}

/** The documentation says that `files` is always required; with secondary artifacts CodeBuild takes a section without. */
function readArtifact(reader: BuildspecReader, section: YAMLMap, name: string | undefined, mayBeEmpty = false): ArtifactSection {
  const path = name === undefined ? "artifacts" : `artifacts.secondary-artifacts.${name}`;
  const files = reader.texts(section, "files", `${path}.files`) ?? [];
  if (files.length === 0 && !mayBeEmpty) throw new BuildspecError(`${path}: at least one file is required in files`);
  return {
    files,
    name: reader.text(section, "name", `${path}.name`),
    discardPaths: reader.flag(section, "discard-paths", `${path}.discard-paths`) ?? false,
    baseDirectory: reader.text(section, "base-directory", `${path}.base-directory`),
    excludePaths: reader.texts(section, "exclude-paths", `${path}.exclude-paths`) ?? [],
    enableSymlinks: reader.flag(section, "enable-symlinks", `${path}.enable-symlinks`) ?? false,
    s3Prefix: reader.text(section, "s3-prefix", `${path}.s3-prefix`),
  };
}

function readCache(reader: BuildspecReader, root: YAMLMap): CacheSection | undefined {
  const section = reader.map(root, "cache", "cache");
  if (section === undefined) return undefined;
  const action = reader.text(section, "action", "cache.action")?.toLowerCase();
  if (action !== undefined && action !== "restore" && action !== "save") {
    throw new BuildspecError(`Invalid cache action: ${action}. Expected: restore,save`);
  }
  const fallbackKeys = reader.texts(section, "fallback-keys", "cache.fallback-keys") ?? [];
  if (fallbackKeys.length > MOST_FALLBACK_KEYS) throw new BuildspecError(`cache.fallback-keys: up to ${MOST_FALLBACK_KEYS} are supported`);
  return {
    key: reader.text(section, "key", "cache.key"),
    fallbackKeys,
    action,
    paths: reader.texts(section, "paths", "cache.paths") ?? [],
  };
}
