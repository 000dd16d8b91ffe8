/** What the agent refuses, in its words; the lifecycle event under way fails with it. */
export class AppSpecError extends Error {
  override readonly name = "AppSpecError";
}
