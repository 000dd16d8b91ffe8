import { statement, unscoped } from "../../../kernel/store.ts";

const SCOPE = "account = :account AND region = :region";

export interface InstanceRow {
  readonly name: string;
  readonly arn: string;
  /** Name of the folder with its disk. */
  readonly folder: string;
  /** JSON: the ARN it was registered with. */
  readonly iam: string;
  readonly tags: string;
  readonly zone: string;
  readonly registered: number;
  readonly deregistered: number | null;
}

export const upsertInstance = statement<{ [K in keyof InstanceRow]: InstanceRow[K] }>(
  `INSERT INTO codedeploy_instances (account, region, name, arn, folder, iam, tags, zone, registered, deregistered)
   VALUES (:account, :region, :name, :arn, :folder, :iam, :tags, :zone, :registered, :deregistered)
   ON CONFLICT DO UPDATE SET arn = :arn, iam = :iam, tags = :tags, zone = :zone, registered = :registered, deregistered = :deregistered`,
);
export const selectInstance = statement<{ name: string }, InstanceRow>(
  `SELECT * FROM codedeploy_instances WHERE ${SCOPE} AND name = :name`,
);
export const selectInstances = statement<Record<never, never>, InstanceRow>(
  `SELECT * FROM codedeploy_instances WHERE ${SCOPE} ORDER BY name`,
);
export const deleteInstance = statement<{ name: string }>(`DELETE FROM codedeploy_instances WHERE ${SCOPE} AND name = :name`);
/** All there are, for what begins and ends with the server. */
export const selectEveryInstance = unscoped<Record<never, never>, InstanceRow & { readonly account: string; readonly region: string }>(
  "SELECT * FROM codedeploy_instances ORDER BY account, region, name",
);

/** What one deployment group has on one instance. */
export interface InstallRow {
  readonly group_id: string;
  readonly instance: string;
  readonly healthy: number;
  /** Key of the revision that was deployed successfully; null when there is none. */
  readonly revision: string | null;
  /** The deployment whose ApplicationStart succeeded, until an ApplicationStop begins. */
  readonly running: string | null;
}

export const upsertInstall = statement<{ [K in keyof InstallRow]: InstallRow[K] }>(
  `INSERT INTO codedeploy_installs (account, region, group_id, instance, healthy, revision, running)
   VALUES (:account, :region, :group_id, :instance, :healthy, :revision, :running)
   ON CONFLICT DO UPDATE SET healthy = :healthy, revision = :revision, running = :running`,
);
export const selectInstall = statement<{ group_id: string; instance: string }, InstallRow>(
  `SELECT * FROM codedeploy_installs WHERE ${SCOPE} AND group_id = :group_id AND instance = :instance`,
);
export const selectInstalls = statement<{ instance: string }, InstallRow>(
  `SELECT * FROM codedeploy_installs WHERE ${SCOPE} AND instance = :instance ORDER BY group_id`,
);
export const deleteInstalls = statement<{ instance: string }>(`DELETE FROM codedeploy_installs WHERE ${SCOPE} AND instance = :instance`);
