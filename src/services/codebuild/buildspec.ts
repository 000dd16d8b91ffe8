/** The buildspec as the service sees it; it is read by what runs builds, with and without a project. */
export {
  type ArtifactSection,
  type ArtifactsSection,
  type Buildspec,
  type CacheSection,
  type OnFailure,
  type PhaseName,
  type PhaseSection,
  parseBuildspec,
  type ReportSection,
} from "../../runtime/builds/buildspec.ts";
export type { BatchBuild, BatchEnvironment, BatchFanout, BatchMatrix, BatchSection } from "../../runtime/builds/buildspec-batch.ts";
export { BuildspecError } from "../../runtime/builds/buildspec-read.ts";
