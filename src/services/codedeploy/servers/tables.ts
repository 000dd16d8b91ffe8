/** The tables of the EC2/on-premises platform: the second step of the service's migrations. */
export const SERVER_TABLES = `
  CREATE TABLE codedeploy_instances (
    account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, arn TEXT NOT NULL, folder TEXT NOT NULL, iam TEXT NOT NULL,
    tags TEXT NOT NULL, zone TEXT NOT NULL, registered INTEGER NOT NULL, deregistered INTEGER, PRIMARY KEY (account, region, name)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE codedeploy_installs (
    account TEXT NOT NULL, region TEXT NOT NULL, group_id TEXT NOT NULL, instance TEXT NOT NULL, healthy INTEGER NOT NULL, revision TEXT,
    running TEXT, PRIMARY KEY (account, region, group_id, instance)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX codedeploy_installs_by_instance ON codedeploy_installs (account, region, instance);`;
