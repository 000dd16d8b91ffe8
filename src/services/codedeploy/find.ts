import type { Context } from "../../aws/context.ts";
import { noDeployment, refused } from "./errors.ts";
import { type Deployment, deploymentById } from "./records.ts";

/** @throws InvalidDeploymentIdException, DeploymentDoesNotExistException */
export function deploymentNamed(ctx: Context, id: string | undefined): Deployment {
  if (id === undefined) throw refused("DeploymentIdRequiredException", "Deployment Id is missing");
  if (!/^d-[A-Z0-9]{9}$/.test(id)) throw refused("InvalidDeploymentIdException", `Deployment Id ${id} is in an invalid format`);
  const deployment = deploymentById(ctx, id);
  if (deployment === undefined) throw noDeployment(id);
  return deployment;
}
