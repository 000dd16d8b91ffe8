import { service } from "../../aws/service.ts";
import { onCancelled, onConfirm } from "./confirmation.ts";
import { onDeliver } from "./delivery.ts";
import { permissions } from "./permissions.ts";
import { publish, publishBatch } from "./publishing.ts";
import { resources } from "./resources.ts";
import { migrations } from "./store.ts";
import {
  confirmSubscription,
  getSubscriptionAttributes,
  listSubscriptions,
  listSubscriptionsByTopic,
  setSubscriptionAttributes,
  subscribe,
  unsubscribe,
} from "./subscriptions.ts";
import {
  addPermission,
  createTopic,
  deleteTopic,
  getTopicAttributes,
  listTagsForResource,
  listTopics,
  removePermission,
  setTopicAttributes,
  tagResource,
  untagResource,
} from "./topics.ts";

export const sns = service({
  id: "sns",
  operations: {
    AddPermission: addPermission,
    ConfirmSubscription: confirmSubscription,
    CreateTopic: createTopic,
    DeleteTopic: deleteTopic,
    GetSubscriptionAttributes: getSubscriptionAttributes,
    GetTopicAttributes: getTopicAttributes,
    ListSubscriptions: listSubscriptions,
    ListSubscriptionsByTopic: listSubscriptionsByTopic,
    ListTagsForResource: listTagsForResource,
    ListTopics: listTopics,
    Publish: publish,
    PublishBatch: publishBatch,
    RemovePermission: removePermission,
    SetSubscriptionAttributes: setSubscriptionAttributes,
    SetTopicAttributes: setTopicAttributes,
    Subscribe: subscribe,
    TagResource: tagResource,
    Unsubscribe: unsubscribe,
    UntagResource: untagResource,
  },
  partial: {
    CreateTopic: "Standard topics only; FIFO topics are refused.",
    Subscribe: "SQS, Lambda, HTTP and HTTPS, and e-mail into a local outbox.",
    Publish: "To topics; notifications carry no signature of AWS.",
    SetTopicAttributes: "Delivery status logging is refused; delivery policies are kept, retries follow AWS's defaults.",
  },
  messages: { "sns.deliver": onDeliver, "sns.confirm": onConfirm, "sns.cancelled": onCancelled },

  notImplemented: [
    "CheckIfPhoneNumberIsOptedOut",
    "CreatePlatformApplication",
    "CreatePlatformEndpoint",
    "CreateSMSSandboxPhoneNumber",
    "DeleteEndpoint",
    "DeletePlatformApplication",
    "DeleteSMSSandboxPhoneNumber",
    "GetDataProtectionPolicy",
    "GetEndpointAttributes",
    "GetPlatformApplicationAttributes",
    "GetSMSAttributes",
    "GetSMSSandboxAccountStatus",
    "ListEndpointsByPlatformApplication",
    "ListOriginationNumbers",
    "ListPhoneNumbersOptedOut",
    "ListPlatformApplications",
    "ListSMSSandboxPhoneNumbers",
    "OptInPhoneNumber",
    "PutDataProtectionPolicy",
    "SetEndpointAttributes",
    "SetPlatformApplicationAttributes",
    "SetSMSAttributes",
    "VerifySMSSandboxPhoneNumber",
  ],
  migrations,
  resources,
  permissions,
});
