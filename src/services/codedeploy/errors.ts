import { AwsException } from "../../aws/exception.ts";

/** CodeDeploy has an exception of its own for nearly everything: https://docs.aws.amazon.com/codedeploy/latest/APIReference/CommonErrors.html */
export function refused(code: string, message: string): AwsException {
  return new AwsException(code, message);
}

export const noApplication = (name: string): AwsException =>
  refused("ApplicationDoesNotExistException", `No application found for name: ${name}`);
export const noGroup = (name: string): AwsException =>
  refused("DeploymentGroupDoesNotExistException", `No Deployment Group found for name: ${name}`);
export const noConfig = (name: string): AwsException =>
  refused("DeploymentConfigDoesNotExistException", `No Deployment Configuration found for name: ${name}`);
export const noDeployment = (id: string): AwsException =>
  refused("DeploymentDoesNotExistException", `The deployment ${id} could not be found`);
export const badToken = (): AwsException => refused("InvalidNextTokenException", "The next token was specified in an invalid format.");
