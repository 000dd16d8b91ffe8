import { service } from "../../aws/service.ts";
import { imageOperations } from "./images.ts";
import { notImplemented } from "./not-implemented.ts";
import { permissionsOf } from "./permissions.ts";
import { policyOperations } from "./policies.ts";
import { registryOperations } from "./registry.ts";
import { repositoryOperations } from "./repositories.ts";
import { resources } from "./resources.ts";
import { migrations } from "./store.ts";

const operations = { ...imageOperations, ...policyOperations, ...registryOperations, ...repositoryOperations };

export const ecr = service({
  id: "ecr",
  operations,
  permissions: permissionsOf(operations),
  partial: {
    GetAuthorizationToken: "The token is genuine, but no registry accepts pushes and pulls yet.",
    DescribeImages: "Repositories are empty until images can be pushed.",
    ListImages: "Repositories are empty until images can be pushed.",
    BatchGetImage: "Repositories are empty until images can be pushed.",
    BatchDeleteImage: "Repositories are empty until images can be pushed.",
    PutLifecyclePolicy: "The policy is checked and kept; there are no images that it could expire.",
    DescribeRegistry: "Replication is not there, so no rule is shown.",
  },
  notImplemented,
  migrations,
  resources,
});
