/** Ends the phase under way with a context that BatchGetBuilds shows. */
export class PhaseFailure extends Error {
  override readonly name = "PhaseFailure";
  readonly statusCode: string;

  constructor(statusCode: string, message: string) {
    super(message);
    this.statusCode = statusCode;
  }
}

export const clientError = (message: string): PhaseFailure => new PhaseFailure("CLIENT_ERROR", message);
