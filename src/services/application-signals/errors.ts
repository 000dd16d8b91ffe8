import { AwsException } from "../../aws/exception.ts";

/** https://docs.aws.amazon.com/applicationsignals/latest/APIReference/CommonErrors.html */
export function invalid(message: string): AwsException {
  return new AwsException("ValidationException", message);
}

export function notFound(id: string): AwsException {
  const members = { ResourceType: "ServiceLevelObjective", ResourceId: id, Message: `SLO ${id} does not exist.` };
  return new AwsException("ResourceNotFoundException", members.Message, { members });
}
