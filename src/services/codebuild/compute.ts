import type { ComputeConfiguration, ComputeType } from "@aws-sdk/client-codebuild";

interface Size {
  readonly memoryMb: number;
  readonly cpus: number;
}

const GB = 1_024;
const SMALL: Size = { memoryMb: 4 * GB, cpus: 2 };

/** https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-compute-types.html: the Linux types. */
const SIZES: Readonly<Partial<Record<ComputeType, Size>>> = {
  BUILD_GENERAL1_SMALL: SMALL,
  BUILD_GENERAL1_MEDIUM: { memoryMb: 8 * GB, cpus: 4 },
  BUILD_GENERAL1_LARGE: { memoryMb: 16 * GB, cpus: 8 },
  BUILD_GENERAL1_XLARGE: { memoryMb: 72 * GB, cpus: 36 },
  BUILD_GENERAL1_2XLARGE: { memoryMb: 144 * GB, cpus: 72 },
  BUILD_LAMBDA_1GB: { memoryMb: 1 * GB, cpus: 1 },
  BUILD_LAMBDA_2GB: { memoryMb: 2 * GB, cpus: 1 },
  BUILD_LAMBDA_4GB: { memoryMb: 4 * GB, cpus: 2 },
  BUILD_LAMBDA_8GB: { memoryMb: 8 * GB, cpus: 4 },
  BUILD_LAMBDA_10GB: { memoryMb: 10 * GB, cpus: 6 },
};

/** What a build may use: memory over it ends its processes, and it gets no more processors than its type has. */
export function sizeOf(type: ComputeType | undefined, configuration?: ComputeConfiguration): Size {
  if (type === "ATTRIBUTE_BASED_COMPUTE" && configuration !== undefined) {
    const { memory, vCpu } = configuration;
    return { memoryMb: (memory ?? 4) * GB, cpus: vCpu ?? SMALL.cpus };
  }
  return (type === undefined ? undefined : SIZES[type]) ?? SMALL;
}
