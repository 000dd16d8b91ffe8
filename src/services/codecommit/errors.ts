import { AwsException } from "../../aws/exception.ts";

/** One of the API's many exceptions, named without the ending that all of them have. */
export function fault(name: string, message: string): AwsException {
  return new AwsException(`${name}Exception`, message, { status: 400 });
}

export function noRepository(name: string): AwsException {
  return fault("RepositoryDoesNotExist", `${name} does not exist`);
}

export function noCommit(specifier: string): AwsException {
  return fault("CommitDoesNotExist", `Could not resolve specifier ${specifier} to a commit in the repository`);
}

export function noBranch(name: string): AwsException {
  return fault("BranchDoesNotExist", `Branch ${name} does not exist`);
}
