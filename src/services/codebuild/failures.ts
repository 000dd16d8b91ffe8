import { AwsException } from "../../aws/exception.ts";

export const invalid = (message: string): AwsException => new AwsException("InvalidInputException", message);

/** AWS answers like this for projects, with their ARN. */
export const projectNotFound = (arn: string): AwsException =>
  new AwsException("ResourceNotFoundException", `Project cannot be found: ${arn}`);

export const buildNotFound = (id: string): AwsException => new AwsException("ResourceNotFoundException", `Build does not exist: ${id}`);

export const batchNotFound = (id: string): AwsException =>
  new AwsException("ResourceNotFoundException", `Build batch does not exist: ${id}`);
