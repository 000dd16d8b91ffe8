import { type Migrations, statement, unscoped } from "../../kernel/store.ts";

export type PartKind = "route" | "integration" | "authorizer" | "deployment" | "stage";

export interface ApiRow {
  readonly id: string;
  readonly account: string;
  readonly region: string;
  /** JSON of `ApiBody`. */
  readonly body: string;
}

export interface PartRow {
  readonly api_id: string;
  readonly kind: PartKind;
  readonly id: string;
  readonly body: string;
}

export const migrations: Migrations = {
  name: "apigatewayv2",
  steps: [
    `CREATE TABLE apigatewayv2_apis (
       id TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, body TEXT NOT NULL
     ) STRICT, WITHOUT ROWID;
     CREATE INDEX apigatewayv2_apis_by_scope ON apigatewayv2_apis (account, region, id);
     CREATE TABLE apigatewayv2_parts (
       api_id TEXT NOT NULL REFERENCES apigatewayv2_apis (id) ON DELETE CASCADE, kind TEXT NOT NULL, id TEXT NOT NULL,
       body TEXT NOT NULL, PRIMARY KEY (api_id, kind, id)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE apigatewayv2_snapshots (
       api_id TEXT NOT NULL REFERENCES apigatewayv2_apis (id) ON DELETE CASCADE, deployment TEXT NOT NULL, body TEXT NOT NULL,
       PRIMARY KEY (api_id, deployment)
     ) STRICT, WITHOUT ROWID;`,
  ],
};

export const insertApi = statement<{ id: string; body: string }>(
  "INSERT INTO apigatewayv2_apis (id, account, region, body) VALUES (:id, :account, :region, :body)",
);
export const selectApi = statement<{ id: string }, ApiRow>(
  "SELECT * FROM apigatewayv2_apis WHERE id = :id AND account = :account AND region = :region",
);
/** For requests of the API's own clients: their host or path holds the id, and the id is unique everywhere. */
export const selectAnyApi = unscoped<{ id: string }, ApiRow>("SELECT * FROM apigatewayv2_apis WHERE id = :id");
export const selectApis = statement<{ after: string; limit: number }, ApiRow>(
  "SELECT * FROM apigatewayv2_apis WHERE account = :account AND region = :region AND id > :after ORDER BY id LIMIT :limit",
);
export const updateApi = statement<{ id: string; body: string }>(
  "UPDATE apigatewayv2_apis SET body = :body WHERE id = :id AND account = :account AND region = :region",
);
export const deleteApi = statement<{ id: string }>(
  "DELETE FROM apigatewayv2_apis WHERE id = :id AND account = :account AND region = :region",
);

export const upsertPart = unscoped<{ api: string; kind: PartKind; id: string; body: string }>(
  `INSERT INTO apigatewayv2_parts (api_id, kind, id, body) VALUES (:api, :kind, :id, :body)
   ON CONFLICT (api_id, kind, id) DO UPDATE SET body = :body`,
);
export const selectPart = unscoped<{ api: string; kind: PartKind; id: string }, PartRow>(
  "SELECT * FROM apigatewayv2_parts WHERE api_id = :api AND kind = :kind AND id = :id",
);
export const selectParts = unscoped<{ api: string; kind: PartKind; after: string; limit: number }, PartRow>(
  "SELECT * FROM apigatewayv2_parts WHERE api_id = :api AND kind = :kind AND id > :after ORDER BY id LIMIT :limit",
);
export const deletePart = unscoped<{ api: string; kind: PartKind; id: string }>(
  "DELETE FROM apigatewayv2_parts WHERE api_id = :api AND kind = :kind AND id = :id",
);

export const insertSnapshot = unscoped<{ api: string; deployment: string; body: string }>(
  "INSERT INTO apigatewayv2_snapshots (api_id, deployment, body) VALUES (:api, :deployment, :body)",
);
export const selectSnapshot = unscoped<{ api: string; deployment: string }, { body: string }>(
  "SELECT body FROM apigatewayv2_snapshots WHERE api_id = :api AND deployment = :deployment",
);
export const deleteSnapshot = unscoped<{ api: string; deployment: string }>(
  "DELETE FROM apigatewayv2_snapshots WHERE api_id = :api AND deployment = :deployment",
);
