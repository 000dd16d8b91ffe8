import { service } from "../../aws/service.ts";
import { accessKeyOperations } from "./access-keys.ts";
import { accountOperations } from "./account.ts";
import { attachmentOperations } from "./attachments.ts";
import { groupOperations } from "./groups.ts";
import { identityOf } from "./identity.ts";
import { inlineOperations } from "./inline.ts";
import { instanceProfileOperations } from "./instance-profiles.ts";
import { notImplemented } from "./not-implemented.ts";
import { policyOperations } from "./policies.ts";
import { resources } from "./resources.ts";
import { roleOperations } from "./roles.ts";
import { deleteServiceLinkedRole, serviceLinkedOperations } from "./service-linked.ts";
import { migrations } from "./store.ts";
import { tagOperations } from "./tags.ts";
import { userOperations } from "./users.ts";

export const iam = service({
  id: "iam",
  operations: {
    ...accessKeyOperations,
    ...accountOperations,
    ...attachmentOperations,
    ...groupOperations,
    ...inlineOperations,
    ...instanceProfileOperations,
    ...policyOperations,
    ...roleOperations,
    ...serviceLinkedOperations,
    ...tagOperations,
    ...userOperations,
  },
  notImplemented,
  migrations,
  messages: { "iam.delete-service-linked-role": deleteServiceLinkedRole },
  resources,
  identity: identityOf,
});
