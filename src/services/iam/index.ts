import { service } from "../../aws/service.ts";
import { accessKeyOperations } from "./access-keys.ts";
import { accountOperations } from "./account.ts";
import { attachmentOperations } from "./attachments.ts";
import { detailOperations } from "./details.ts";
import { groupOperations } from "./groups.ts";
import { identityOf } from "./identity.ts";
import { inlineOperations } from "./inline.ts";
import { instanceProfileOperations } from "./instance-profiles.ts";
import { notImplemented } from "./not-implemented.ts";
import { permissionsOf } from "./permissions.ts";
import { policyOperations } from "./policies.ts";
import { resources } from "./resources.ts";
import { roleOperations } from "./roles.ts";
import { serviceCredentialOperations } from "./service-credentials.ts";
import { deleteServiceLinkedRole, serviceLinkedOperations } from "./service-linked.ts";
import { simulationOperations } from "./simulate.ts";
import { migrations } from "./store.ts";
import { tagOperations } from "./tags.ts";
import { startUsage } from "./usage.ts";
import { userOperations } from "./users.ts";

const operations = {
  ...accessKeyOperations,
  ...accountOperations,
  ...attachmentOperations,
  ...detailOperations,
  ...groupOperations,
  ...inlineOperations,
  ...instanceProfileOperations,
  ...policyOperations,
  ...roleOperations,
  ...serviceCredentialOperations,
  ...serviceLinkedOperations,
  ...simulationOperations,
  ...tagOperations,
  ...userOperations,
};

export const iam = service({
  id: "iam",
  operations,
  permissions: permissionsOf(operations),
  partial: {
    CreateServiceSpecificCredential: "For CodeCommit; credentials that expire are refused.",
    ListServiceSpecificCredentials: "Of one user.",
    GetPolicyVersion: "Of AWS managed policies the default version is there, not the earlier ones.",
    ListPolicies: "Of AWS managed policies those are listed that templates attach most.",
    SimulateCustomPolicy: "ResourceHandlingOption and ResourceOwner are refused; statement positions are left out.",
    SimulatePrincipalPolicy: "ResourceHandlingOption and ResourceOwner are refused; statement positions are left out.",
  },
  notImplemented,
  migrations,
  messages: { "iam.delete-service-linked-role": deleteServiceLinkedRole },
  resources,
  identity: identityOf,
  start: startUsage,
});
