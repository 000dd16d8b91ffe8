import { service } from "../../aws/service.ts";
import {
  createConnection,
  createHost,
  deleteConnection,
  deleteHost,
  getConnection,
  getHost,
  listConnections,
  listHosts,
  updateHost,
} from "./connections.ts";
import type { Prefix } from "./items.ts";
import { createRepositoryLink, deleteRepositoryLink, getRepositoryLink, listRepositoryLinks, updateRepositoryLink } from "./links.ts";
import { localAnswers } from "./local.ts";
import { permissionsOf } from "./permissions.ts";
import { connectionType, hostType } from "./resources.ts";
import { servedGit, startServed } from "./served.ts";
import { migrations } from "./store.ts";
import { listTagsForResource, tagResource, untagResource } from "./tags.ts";

/** What both services do, on the same rows; they differ in the ARNs of what they make. */
function connectionsApi(prefix: Prefix) {
  return {
    operations: {
      CreateConnection: createConnection(prefix),
      CreateHost: createHost(prefix),
      CreateRepositoryLink: createRepositoryLink(prefix),
      DeleteConnection: deleteConnection,
      DeleteHost: deleteHost,
      DeleteRepositoryLink: deleteRepositoryLink,
      GetConnection: getConnection,
      GetHost: getHost,
      GetRepositoryLink: getRepositoryLink,
      ListConnections: listConnections,
      ListHosts: listHosts,
      ListRepositoryLinks: listRepositoryLinks,
      ListTagsForResource: listTagsForResource,
      TagResource: tagResource,
      UntagResource: untagResource,
      UpdateHost: updateHost(prefix),
      UpdateRepositoryLink: updateRepositoryLink,
    },
    partial: { CreateHost: "A host in a VPC is refused.", UpdateHost: "A host in a VPC is refused." },
    notImplemented: [
      "CreateSyncConfiguration",
      "DeleteSyncConfiguration",
      "GetRepositorySyncStatus",
      "GetResourceSyncStatus",
      "GetSyncBlockerSummary",
      "GetSyncConfiguration",
      "ListRepositorySyncDefinitions",
      "ListSyncConfigurations",
      "UpdateSyncBlocker",
      "UpdateSyncConfiguration",
    ],
    permissions: permissionsOf(prefix),
  } as const;
}

export const codeconnections = service({
  id: "codeconnections",
  ...connectionsApi("codeconnections"),
  migrations,
  endpoints: [servedGit],
  resources: { "AWS::CodeConnections::Connection": connectionType("codeconnections"), "AWS::CodeConnections::Host": hostType },
  introspection: localAnswers,
  start: startServed,
});

/** The same API by its earlier name. */
export const codestarConnections = service({
  id: "codestar-connections",
  ...connectionsApi("codestar-connections"),
  resources: { "AWS::CodeStarConnections::Connection": connectionType("codestar-connections") },
});
