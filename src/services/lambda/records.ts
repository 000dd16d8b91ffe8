import type {
  ApplicationLogLevel,
  Architecture,
  DestinationConfig,
  FunctionUrlAuthType,
  InvokeMode,
  LogFormat,
  Runtime,
  SystemLogLevel,
  TracingMode,
} from "@aws-sdk/client-lambda";

/** Where a package's bytes are, and what AWS says of them. */
export interface CodeRecord {
  /** Blob id: the SHA-256 in hex. */
  readonly blob: string;
  readonly size: number;
  /** The SHA-256 in base64. */
  readonly sha256: string;
}

/** One version of a function with all of its configuration. */
export interface FunctionRecord {
  readonly name: string;
  /** `$LATEST` or a number. */
  readonly version: string;
  readonly runtime: Runtime;
  readonly role: string;
  readonly handler: string;
  readonly description: string;
  /** Seconds. */
  readonly timeout: number;
  /** MB. */
  readonly memory: number;
  readonly variables?: Readonly<Record<string, string>>;
  readonly kmsKeyArn?: string;
  readonly layers: readonly { readonly arn: string; readonly size: number; readonly blob: string }[];
  readonly tracing: TracingMode;
  readonly deadLetterArn?: string;
  /** MB of /tmp. */
  readonly ephemeral: number;
  readonly logging: LoggingRecord;
  readonly architecture: Architecture;
  readonly code: CodeRecord;
  /** Virtual ms. */
  readonly lastModified: number;
  readonly revisionId: string;
  readonly state: "Pending" | "Active";
  readonly updating: boolean;
}

/** A logging configuration with its defaults filled in. */
export interface LoggingRecord {
  readonly LogFormat: LogFormat;
  readonly LogGroup: string;
  readonly ApplicationLogLevel?: ApplicationLogLevel;
  readonly SystemLogLevel?: SystemLogLevel;
}

export interface AliasRecord {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly weights: Readonly<Record<string, number>>;
  readonly revisionId: string;
}

export interface EventConfig {
  /** Virtual ms. */
  readonly lastModified: number;
  readonly retries?: number;
  readonly maxAge?: number;
  readonly destinations?: DestinationConfig;
}

export interface UrlRecord {
  readonly urlId: string;
  readonly authType: FunctionUrlAuthType;
  readonly invokeMode: InvokeMode;
  readonly cors?: UrlCors;
  readonly created: number;
  readonly modified: number;
}

export interface UrlCors {
  readonly AllowCredentials?: boolean;
  readonly AllowHeaders?: string[];
  readonly AllowMethods?: string[];
  readonly AllowOrigins?: string[];
  readonly ExposeHeaders?: string[];
  readonly MaxAge?: number;
}

export interface LayerRecord {
  readonly name: string;
  readonly number: number;
  readonly description: string;
  readonly created: number;
  readonly runtimes?: Runtime[];
  readonly architectures?: Architecture[];
  readonly license?: string;
  readonly code: CodeRecord;
}

export interface MappingRecord {
  readonly uuid: string;
  readonly sourceArn: string;
  /** ARN of the function, version or alias. */
  readonly functionArn: string;
  readonly functionName: string;
  readonly qualifier?: string;
  readonly enabled: boolean;
  readonly state: "Creating" | "Enabled" | "Disabled" | "Enabling" | "Disabling" | "Updating" | "Deleting";
  readonly batchSize: number;
  /** Seconds. */
  readonly window: number;
  readonly partial: boolean;
  /** Each the JSON text of a filter pattern. */
  readonly filters: readonly string[];
  readonly maxConcurrency?: number;
  readonly lastModified: number;
  readonly tags: Readonly<Record<string, string>>;
}

/** An asynchronous invocation on its way. */
export interface AsyncEvent {
  readonly id: string;
  readonly functionName: string;
  readonly qualifier?: string;
  readonly clientContext?: string;
  /** Virtual ms. */
  readonly accepted: number;
  /** Invocations that the function has failed so far. */
  readonly failures: number;
  /** Times in a row that there was no room to run it. */
  readonly throttles: number;
}
