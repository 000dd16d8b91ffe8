import { BlockList, isIP } from "node:net";
import { QueryError } from "./lexer.ts";
import type { Row } from "./record.ts";
import type { Stage } from "./run.ts";
import type { Lookup } from "./syntax.ts";
import { shown } from "./values.ts";

type Record = readonly string[];
type Find = (row: Row) => Record | undefined;

function columnOf(header: readonly string[], name: string, table: string): number {
  const index = header.indexOf(name);
  if (index < 0) throw new QueryError(`the lookup table ${table} has no column ${name}`, 0, 0);
  return index;
}

/** The first record whose columns are exactly what the fields are. */
function byValues({ table, keys }: Lookup, header: readonly string[], records: readonly Record[]): Find {
  const columns = keys.map(({ column }) => columnOf(header, column, table));
  const known = new Map<string, Record>();
  for (const record of records) {
    const key = JSON.stringify(columns.map((column) => record[column]));
    if (!known.has(key)) known.set(key, record);
  }
  return (row) => {
    const values = keys.map(({ field }) => row.get(field));
    return values.includes(null) ? undefined : known.get(JSON.stringify(values.map(shown)));
  };
}

/** The record of the smallest network that an address is in. */
function byNetwork({ table, keys }: Lookup, header: readonly string[], records: readonly Record[]): Find {
  const [key] = keys;
  const column = key?.column === undefined || !header.includes(key.column) ? columnOf(header, "cidr", table) : header.indexOf(key.column);
  const networks = records
    .flatMap((record) => {
      const [network = "", bits = ""] = (record[column] ?? "").split("/");
      const version = isIP(network);
      if (version === 0) return [];
      const list = new BlockList();
      const length = bits === "" ? (version === 4 ? 32 : 128) : Number(bits);
      list.addSubnet(network, length, version === 4 ? "ipv4" : "ipv6");
      return [{ list, length, version, record }];
    })
    .sort((a, b) => b.length - a.length);
  return (row) => {
    const address = shown(row.get(key?.field ?? ""));
    const version = isIP(address);
    const family = version === 4 ? "ipv4" : "ipv6";
    return version === 0 ? undefined : networks.find((one) => one.version === version && one.list.check(address, family))?.record;
  };
}

/**
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Lookup.html and -Cidrlookup.html
 * @throws QueryError for columns that the table does not have
 */
export function lookup(command: Lookup, next: Stage): Stage {
  let find: Find | undefined;
  let outputs: readonly { readonly index: number; readonly name: string }[] = [];
  return {
    take: (row) => {
      if (find === undefined) {
        // The table is there once rows come.
        const [header = [], ...records] = command.found;
        find = (command.isNetwork ? byNetwork : byValues)(command, header, records);
        outputs = command.outputs.map(({ column, name }) => ({ index: columnOf(header, column, command.table), name }));
      }
      const record = find(row);
      for (const { index, name } of record === undefined ? [] : outputs) {
        if (!command.keepsOwn || row.get(name) === null) row.set(name, record?.[index] ?? null);
      }
      return next.take(row);
    },
    end: () => next.end(),
  };
}
