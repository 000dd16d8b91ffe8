import { service } from "../../aws/service.ts";
import { aliasOperations } from "./aliases.ts";
import { dataKeyOperations } from "./data-keys.ts";
import { encryptionOperations } from "./encryption.ts";
import { grantOperations } from "./grants.ts";
import { deleteKey, keyOperations } from "./keys.ts";
import { notImplemented } from "./not-implemented.ts";
import { permissionsOf } from "./permissions.ts";
import { policyOperations } from "./policies.ts";
import { resources } from "./resources.ts";
import { rotateKey, rotationOperations } from "./rotation.ts";
import { signingOperations } from "./signing.ts";
import { migrations } from "./store.ts";
import { tagOperations } from "./tags.ts";

const operations = {
  ...aliasOperations,
  ...dataKeyOperations,
  ...encryptionOperations,
  ...grantOperations,
  ...keyOperations,
  ...policyOperations,
  ...rotationOperations,
  ...signingOperations,
  ...tagOperations,
};

export const kms = service({
  id: "kms",
  operations,
  permissions: permissionsOf(operations),
  partial: {
    CreateKey: "Multi-Region keys, imported material, custom key stores, SM2 and ML-DSA are refused.",
    PutKeyPolicy: "The policy is checked and kept; use of the key is not yet held to it.",
    CreateGrant: "The grant is kept and listed; use of the key is not yet held to it.",
    Sign: "ED25519_PH_SHA_512 and EXTERNAL_MU are refused.",
    Verify: "ED25519_PH_SHA_512 and EXTERNAL_MU are refused.",
  },
  notImplemented,
  migrations,
  messages: { "kms.delete-key": deleteKey, "kms.rotate-key": rotateKey },
  resources,
});
