import { AwsException } from "../../aws/exception.ts";

/** DynamoDB's answer to most mistakes of a request; HTTP 400. */
export function validation(message: string): AwsException {
  return new AwsException("ValidationException", message, { status: 400 });
}

/** A validation error in the values of an item or a table definition, with the opening that AWS gives them. */
export function invalidValues(message: string): AwsException {
  return validation(`One or more parameter values were invalid: ${message}`);
}

/** The answer of data operations to a table that is not there, or not there yet. */
export function tableNotFound(): AwsException {
  return new AwsException("ResourceNotFoundException", "Requested resource not found");
}

/** The answer of operations on tables themselves. */
export function namedTableNotFound(name: string): AwsException {
  return new AwsException("ResourceNotFoundException", `Requested resource not found: Table: ${name} not found`);
}
