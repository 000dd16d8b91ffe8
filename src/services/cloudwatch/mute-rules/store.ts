import { statement } from "../../../kernel/store.ts";

export const MUTE_TABLES = `CREATE TABLE cloudwatch_mute_rules (
     account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, config TEXT NOT NULL, tags TEXT NOT NULL, created INTEGER NOT NULL,
     updated INTEGER NOT NULL, generation INTEGER NOT NULL, open INTEGER NOT NULL, PRIMARY KEY (account, region, name)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE cloudwatch_muted (
     account TEXT NOT NULL, region TEXT NOT NULL, alarm TEXT NOT NULL, contributor TEXT NOT NULL, state TEXT NOT NULL, event TEXT NOT NULL,
     PRIMARY KEY (account, region, alarm, contributor)
   ) STRICT, WITHOUT ROWID;`;

const SCOPE = "account = :account AND region = :region";

export interface MuteRow {
  readonly name: string;
  /** JSON: the input that made it, without name and tags; dates in ms. */
  readonly config: string;
  readonly tags: string;
  readonly created: number;
  readonly updated: number;
  /** Grows with each change: what an older message says does not count. */
  readonly generation: number;
  /** 1 while a window was told to have begun and not to have ended. */
  readonly open: number;
}
export const upsertMute = statement<{ [K in keyof MuteRow]: MuteRow[K] }>(
  `INSERT OR REPLACE INTO cloudwatch_mute_rules (account, region, name, config, tags, created, updated, generation, open)
   VALUES (:account, :region, :name, :config, :tags, :created, :updated, :generation, :open)`,
);
export const selectMute = statement<{ name: string }, MuteRow>(`SELECT * FROM cloudwatch_mute_rules WHERE ${SCOPE} AND name = :name`);
export const selectMutes = statement<{ after: string }, MuteRow>(
  `SELECT * FROM cloudwatch_mute_rules WHERE ${SCOPE} AND name > :after ORDER BY name`,
);
export const deleteMute = statement<{ name: string }>(`DELETE FROM cloudwatch_mute_rules WHERE ${SCOPE} AND name = :name`);
export const updateMuteTags = statement<{ name: string; tags: string }>(
  `UPDATE cloudwatch_mute_rules SET tags = :tags WHERE ${SCOPE} AND name = :name`,
);
export const updateOpen = statement<{ name: string; open: number }>(
  `UPDATE cloudwatch_mute_rules SET open = :open WHERE ${SCOPE} AND name = :name`,
);

/** Actions that were kept back: those of the newest change of an alarm, or of one of its contributors. */
export interface MutedRow {
  /** Empty for the alarm itself. */
  readonly contributor: string;
  readonly state: string;
  readonly event: string;
}
export const upsertMuted = statement<{ alarm: string } & { [K in keyof MutedRow]: MutedRow[K] }>(
  `INSERT OR REPLACE INTO cloudwatch_muted (account, region, alarm, contributor, state, event)
   VALUES (:account, :region, :alarm, :contributor, :state, :event)`,
);
export const selectMuted = statement<{ alarm: string }, MutedRow>(
  `SELECT contributor, state, event FROM cloudwatch_muted WHERE ${SCOPE} AND alarm = :alarm ORDER BY contributor`,
);
export const deleteMuted = statement<{ alarm: string }>(`DELETE FROM cloudwatch_muted WHERE ${SCOPE} AND alarm = :alarm`);
