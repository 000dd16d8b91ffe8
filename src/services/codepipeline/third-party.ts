import { AwsException } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";

/**
 * What partners of AWS call about action types that AWS made for them. An account that is no partner has no such type and
 * no job of one, and is answered so; nobody can become a partner here.
 */
const noType = (
  id: { readonly category?: string | undefined; readonly provider?: string | undefined; readonly version?: string | undefined } = {},
) =>
  new AwsException(
    "ActionTypeNotFoundException",
    `The action type ${id.category}/ThirdParty/${id.provider}/${id.version} was not found for this account`,
  );
const noJob = (id: string | undefined) => new AwsException("JobNotFoundException", `The job ${id} was not found`);

export const thirdParty = {
  AcknowledgeThirdPartyJob: ({ jobId }) => {
    throw noJob(jobId);
  },
  GetActionType: (input) => {
    throw noType(input);
  },
  GetThirdPartyJobDetails: ({ jobId }) => {
    throw noJob(jobId);
  },
  PollForThirdPartyJobs: ({ actionTypeId }) => {
    throw noType(actionTypeId);
  },
  PutThirdPartyJobFailureResult: ({ jobId }) => {
    throw noJob(jobId);
  },
  PutThirdPartyJobSuccessResult: ({ jobId }) => {
    throw noJob(jobId);
  },
  UpdateActionType: ({ actionType }) => {
    throw noType(actionType?.id);
  },
} satisfies Operations<"codepipeline">;
