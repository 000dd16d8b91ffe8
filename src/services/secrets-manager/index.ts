import { service } from "../../aws/service.ts";
import { permissions } from "./permissions.ts";
import { deleteResourcePolicy, getResourcePolicy, putResourcePolicy, tagResource, untagResource } from "./policies.ts";
import { resources } from "./resources.ts";
import { onRotate, onRotationDue } from "./rotating.ts";
import { cancelRotateSecret, rotateSecret } from "./rotation.ts";
import {
  createSecret,
  deleteSecret,
  describeSecret,
  getRandomPassword,
  listSecrets,
  onDelete,
  restoreSecret,
  updateSecret,
} from "./secrets.ts";
import { migrations } from "./store.ts";
import { batchGetSecretValue, getSecretValue, listSecretVersionIds, putSecretValue, updateSecretVersionStage } from "./values.ts";

export const secretsManager = service({
  id: "secrets-manager",
  operations: {
    BatchGetSecretValue: batchGetSecretValue,
    CancelRotateSecret: cancelRotateSecret,
    CreateSecret: createSecret,
    DeleteResourcePolicy: deleteResourcePolicy,
    DeleteSecret: deleteSecret,
    DescribeSecret: describeSecret,
    GetRandomPassword: getRandomPassword,
    GetResourcePolicy: getResourcePolicy,
    GetSecretValue: getSecretValue,
    ListSecretVersionIds: listSecretVersionIds,
    ListSecrets: listSecrets,
    PutResourcePolicy: putResourcePolicy,
    PutSecretValue: putSecretValue,
    RestoreSecret: restoreSecret,
    RotateSecret: rotateSecret,
    TagResource: tagResource,
    UntagResource: untagResource,
    UpdateSecret: updateSecret,
    UpdateSecretVersionStage: updateSecretVersionStage,
  },
  partial: {
    CreateSecret: "Replicas and secrets that partners manage are refused.",
    PutSecretValue: "Rotation tokens are refused.",
    RotateSecret: "By functions; secrets that partners manage are refused.",
    PutResourcePolicy: "BlockPublicPolicy is refused.",
    ListSecrets: "Filters by name, description, tags and all.",
  },
  messages: {
    "secrets-manager.delete": onDelete,
    "secrets-manager.rotate": onRotate,
    "secrets-manager.rotation-due": onRotationDue,
  },

  notImplemented: ["RemoveRegionsFromReplication", "ReplicateSecretToRegions", "StopReplicationToReplica", "ValidateResourcePolicy"],
  migrations,
  resources,
  permissions,
});
