import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";
import { useAction, useCall } from "../../../api/hooks.ts";
import { useWords } from "../../../i18n/i18n.tsx";
import { Do, type PanelProps, Refusals } from "./Asked.tsx";

interface KeyPart {
  readonly AttributeName: string;
  readonly KeyType: "HASH" | "RANGE";
}
interface Described {
  readonly Table?: {
    readonly KeySchema: readonly KeyPart[];
    readonly AttributeDefinitions?: readonly { readonly AttributeName: string; readonly AttributeType: string }[];
    readonly ItemCount?: number;
    readonly GlobalSecondaryIndexes?: readonly { readonly IndexName: string; readonly KeySchema: readonly KeyPart[] }[];
    readonly LocalSecondaryIndexes?: readonly { readonly IndexName: string; readonly KeySchema: readonly KeyPart[] }[];
  };
}
type Item = Readonly<Record<string, unknown>>;
interface Found {
  readonly Items?: readonly Record<string, never>[];
  readonly LastEvaluatedKey?: object;
}

const PAGE = 25;
const MOST_COLUMNS = 8;

/** A table's items: by scan or by key, to look at, to change, to delete. */
export function ItemsPanel({ name: TableName }: PanelProps) {
  const { t } = useWords();
  const { data } = useCall<Described>("dynamodb", "DescribeTable", { TableName });
  if (data?.Table === undefined) return null;
  return (
    <Container header={<Header variant="h2">{`${t("panel.items")}: ${TableName}`}</Header>}>
      <Items table={TableName} described={data.Table} />
    </Container>
  );
}

interface Search {
  readonly index: string | undefined;
  readonly partition: string;
  readonly sort: string;
}

function queryOf(table: string, keys: readonly KeyPart[], types: ReadonlyMap<string, string>, { index, partition, sort }: Search): object {
  const from = { TableName: table, Limit: PAGE, ...(index === undefined ? {} : { IndexName: index }) };
  if (partition === "") return from;
  const [hash, range] = ["HASH", "RANGE"].map((type) => keys.find(({ KeyType }) => KeyType === type)?.AttributeName);
  const typed = (name: string, value: string) => ({ [types.get(name) ?? "S"]: value });
  const isText = range !== undefined && types.get(range) === "S";
  const second = range !== undefined && sort !== "";
  return {
    ...from,
    KeyConditionExpression: `#p = :p${second ? (isText ? " AND begins_with(#s, :s)" : " AND #s = :s") : ""}`,
    ExpressionAttributeNames: { "#p": hash, ...(second ? { "#s": range } : {}) },
    ExpressionAttributeValues: { ":p": typed(hash ?? "", partition), ...(second ? { ":s": typed(range, sort) } : {}) },
  };
}

function Items({ table, described }: { readonly table: string; readonly described: NonNullable<Described["Table"]> }) {
  const { t } = useWords();
  const [search, setSearch] = useState<Search>({ index: undefined, partition: "", sort: "" });
  const [starts, setStarts] = useState<readonly object[]>([]);
  const [edited, setEdited] = useState<string | undefined>();
  const indexes = [...(described.GlobalSecondaryIndexes ?? []), ...(described.LocalSecondaryIndexes ?? [])];
  const keys = indexes.find(({ IndexName }) => IndexName === search.index)?.KeySchema ?? described.KeySchema;
  const types = new Map((described.AttributeDefinitions ?? []).map(({ AttributeName, AttributeType }) => [AttributeName, AttributeType]));
  const start = starts.at(-1);
  const input = { ...queryOf(table, keys, types, search), ...(start === undefined ? {} : { ExclusiveStartKey: start }) };
  const { data, error } = useCall<Found>("dynamodb", search.partition === "" ? "Scan" : "Query", input);
  const remove = useAction("dynamodb", "DeleteItem");
  const items = (data?.Items ?? []).map(
    (item) => unmarshall(item, { wrapNumbers: (value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value) }) as Item,
  );
  const own = described.KeySchema.map(({ AttributeName }) => AttributeName);
  const columns = [...new Set([...own, ...items.flatMap(Object.keys)])].slice(0, MOST_COLUMNS);
  const change = (part: Partial<Search>): void => {
    setSearch({ ...search, ...part });
    setStarts([]);
  };
  return (
    <SpaceBetween size="m">
      <SearchForm search={search} keys={keys} indexes={indexes.map(({ IndexName }) => IndexName)} onChange={change} />
      <Refusals of={[error, remove.error]} />
      <Table
        variant="embedded"
        ariaLabels={{ tableLabel: t("panel.items") }}
        items={items}
        wrapLines
        empty={<Box>{t("resources.empty")}</Box>}
        columnDefinitions={[
          ...columns.map((column, i) => ({
            id: column,
            header: column,
            isRowHeader: i === 0,
            cell: (item: Item) => <span className="cell">{textOf(item[column])}</span>,
          })),
          {
            id: "do",
            header: t("panel.do"),
            cell: (item: Item) => (
              <SpaceBetween direction="horizontal" size="xs">
                <Button variant="inline-link" onClick={() => setEdited(JSON.stringify(item, null, 2))}>
                  {t("panel.edit")}
                </Button>
                <Do
                  action={remove}
                  input={{ TableName: table, Key: marshall(Object.fromEntries(own.map((key) => [key, item[key]]))) }}
                  text={t("dashboards.delete")}
                />
              </SpaceBetween>
            ),
          },
        ]}
      />
      <SpaceBetween direction="horizontal" size="xs">
        <Button disabled={starts.length === 0} onClick={() => setStarts(starts.slice(0, -1))}>
          {t("panel.before")}
        </Button>
        <Button disabled={data?.LastEvaluatedKey === undefined} onClick={() => setStarts([...starts, data?.LastEvaluatedKey ?? {}])}>
          {t("panel.next")}
        </Button>
        <Button onClick={() => setEdited(JSON.stringify(Object.fromEntries(own.map((key) => [key, ""])), null, 2))}>
          {t("panel.newItem")}
        </Button>
      </SpaceBetween>
      {edited !== undefined && <Editor key={edited} table={table} text={edited} onDone={() => setEdited(undefined)} />}
    </SpaceBetween>
  );
}

const textOf = (value: unknown): string => (value === undefined ? "–" : typeof value === "string" ? value : JSON.stringify(value));

interface SearchProps {
  readonly search: Search;
  readonly keys: readonly KeyPart[];
  readonly indexes: readonly string[];
  onChange(part: Partial<Search>): void;
}

function SearchForm({ search, keys, indexes, onChange }: SearchProps) {
  const { t } = useWords();
  const [hash, range] = ["HASH", "RANGE"].map((type) => keys.find(({ KeyType }) => KeyType === type)?.AttributeName);
  const all = { value: "", label: t("panel.wholeTable") };
  const options = [all, ...indexes.map((value) => ({ value, label: value }))];
  return (
    <SpaceBetween direction="horizontal" size="m">
      {indexes.length > 0 && (
        <FormField label={t("panel.index")}>
          <Select
            selectedOption={options.find(({ value }) => value === (search.index ?? "")) ?? all}
            options={options}
            onChange={({ detail }) =>
              onChange({ index: detail.selectedOption.value === "" ? undefined : (detail.selectedOption.value ?? undefined) })
            }
          />
        </FormField>
      )}
      <FormField label={`${hash} =`}>
        <Input
          type="search"
          value={search.partition}
          placeholder={t("panel.any")}
          onChange={({ detail }) => onChange({ partition: detail.value })}
        />
      </FormField>
      {range !== undefined && (
        <FormField label={`${range} …`}>
          <Input
            type="search"
            value={search.sort}
            disabled={search.partition === ""}
            onChange={({ detail }) => onChange({ sort: detail.value })}
          />
        </FormField>
      )}
    </SpaceBetween>
  );
}

function Editor({ table, text: first, onDone }: { readonly table: string; readonly text: string; onDone(): void }) {
  const { t } = useWords();
  const [text, setText] = useState(first);
  const put = useAction("dynamodb", "PutItem");
  let item: object | undefined;
  let bad: string | undefined;
  try {
    item = marshall(JSON.parse(text) as object, { removeUndefinedValues: true });
  } catch (error) {
    bad = error instanceof Error ? error.message : "";
  }
  return (
    <SpaceBetween size="s">
      <FormField label={t("panel.item")} errorText={bad === undefined ? undefined : t("resources.bad", { message: bad })} stretch>
        <Textarea value={text} rows={10} spellcheck={false} onChange={({ detail }) => setText(detail.value)} />
      </FormField>
      <Refusals of={[put.error]} />
      <SpaceBetween direction="horizontal" size="xs">
        <Do
          action={put}
          input={{ TableName: table, Item: item }}
          text={t("panel.put")}
          primary
          disabled={item === undefined}
          onDone={onDone}
        />
        <Button onClick={onDone}>{t("why.close")}</Button>
      </SpaceBetween>
    </SpaceBetween>
  );
}
