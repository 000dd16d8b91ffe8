/**
 * Real git, behind what services need of it. A repository is named by the folder of its bare repository; a commit by its
 * full id. No function here holds the clock: what works on behalf of virtual time holds `clock.busy` around it.
 *
 * For source actions: `repositoryPath` gives a CodeCommit repository's folder; `resolveRef` the commit of a branch or tag,
 * `commitInfo` its author and message, `changedPaths` what a push changed, `archive` the zip of its files, `cloneTo` a
 * working copy with history. A connection's repository is found by `connectionRepository` (connections.ts), which brings
 * it up to date and answers a folder for the same functions.
 */
export { archive, archiveStream, type CloneOptions, cloneTo } from "./archive.ts";
export { GitError } from "./command.ts";
export { type ConnectionSource, connectionRepository } from "./connections.ts";
export { type CommitInfo, changedPaths, commitInfo, resolveRef, type Signature } from "./reading.ts";
export { repositoryPath } from "./repository.ts";
