import type { EnvironmentPlatform } from "@aws-sdk/client-codebuild";

/** https://docs.aws.amazon.com/codebuild/latest/userguide/ec2-compute-images.html: those that projects here may name. */
const IMAGES = [
  { platform: "AMAZON_LINUX", name: "aws/codebuild/amazonlinux-x86_64-standard:4.0", description: "AWS CodeBuild - Amazon Linux 2" },
  { platform: "AMAZON_LINUX", name: "aws/codebuild/amazonlinux-x86_64-standard:5.0", description: "AWS CodeBuild - Amazon Linux 2023" },
  { platform: "AMAZON_LINUX", name: "aws/codebuild/amazonlinux-x86_64-standard:corretto8", description: "AWS CodeBuild - Corretto 8" },
  { platform: "AMAZON_LINUX", name: "aws/codebuild/amazonlinux-x86_64-standard:corretto11", description: "AWS CodeBuild - Corretto 11" },
  { platform: "AMAZON_LINUX", name: "aws/codebuild/amazonlinux-aarch64-standard:2.0", description: "AWS CodeBuild - Amazon Linux 2" },
  { platform: "AMAZON_LINUX", name: "aws/codebuild/amazonlinux-aarch64-standard:3.0", description: "AWS CodeBuild - Amazon Linux 2023" },
  { platform: "UBUNTU", name: "aws/codebuild/standard:5.0", description: "AWS CodeBuild - Ubuntu 20.04" },
  { platform: "UBUNTU", name: "aws/codebuild/standard:6.0", description: "AWS CodeBuild - Ubuntu 22.04" },
  { platform: "UBUNTU", name: "aws/codebuild/standard:7.0", description: "AWS CodeBuild - Ubuntu 22.04" },
] as const;

/** Without versions of its own: builds run with this machine's tools, and an image decides which shell `sh` is. */
export function listCuratedEnvironmentImages(): { platforms: EnvironmentPlatform[] } {
  const byPlatform = Map.groupBy(IMAGES, ({ platform }) => platform);
  return {
    platforms: [...byPlatform].map(([platform, images]) => ({
      platform,
      languages: [{ language: "BASE", images: images.map(({ name, description }) => ({ name, description, versions: [name] })) }],
    })),
  };
}
