import { type Cloud, Context } from "../../aws/context.ts";
import { servicePrincipal } from "../../aws/identity.ts";
import { connectionBody } from "./connections.ts";
import { type ItemRow, selectAllConnections } from "./store.ts";

/** A repository that a provider has, where it lies here, and whose connections reach it. */
export interface ProviderRepository {
  /** What its refs are kept under. */
  readonly key: string;
  /** Folder of the bare repository. */
  readonly path: string;
  /** `owner/repository`. */
  readonly fullRepositoryId: string;
  /** ARN of its host; undefined for what Orrery serves itself. */
  readonly hostArn: string | undefined;
}

/** Every available connection that reaches the repository, each with a context of its account and region. */
export function eachConnection(cloud: Cloud, repository: ProviderRepository, tell: (ctx: Context, connection: ItemRow) => void): void {
  const { generation } = cloud.store;
  for (const connection of cloud.store.all(selectAllConnections, {})) {
    if (connectionBody(connection).hostArn !== repository.hostArn) continue;
    const { account, region } = connection;
    tell(
      new Context(cloud, { account, region, principal: servicePrincipal(account, "codeconnections.amazonaws.com"), generation }),
      connection,
    );
  }
}
