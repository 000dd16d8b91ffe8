import { service } from "../../aws/service.ts";
import { notifiableEvents, notify } from "./delivery.ts";
import { resources } from "./resources.ts";
import { operations } from "./rules.ts";
import { migrations } from "./store.ts";

export const codestarNotifications = service({
  id: "codestar-notifications",
  operations,
  partial: {
    CreateNotificationRule:
      "Topics of SNS are the only targets; FULL adds what failed and what is to be approved, not the text of comments.",
    UpdateNotificationRule: "As CreateNotificationRule.",
    Subscribe: "Topics of SNS only.",
  },
  notImplemented: [],
  migrations,
  messages: { "codestar-notifications.notify": notify },
  subscriptions: [notifiableEvents],
  resources,
});
