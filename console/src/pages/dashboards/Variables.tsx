import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useCall } from "../../api/hooks.ts";
import { useWords } from "../../i18n/i18n.tsx";
import type { Variable } from "./body.ts";
import type { Range } from "./data.ts";

type Values = Readonly<Record<string, string>>;

interface Props {
  readonly variables: readonly Variable[];
  readonly values: Values;
  readonly range: Range;
  onChange(values: Values): void;
}

/** What a dashboard lets one choose. */
export function Variables({ variables, values, onChange, range }: Props) {
  const shown = variables.filter(({ visible }) => visible !== false);
  if (shown.length === 0) return null;
  return (
    <SpaceBetween direction="horizontal" size="m">
      {shown.map((variable) => (
        <One
          key={variable.id}
          variable={variable}
          value={values[variable.id] ?? ""}
          range={range}
          onChange={(value) => onChange({ ...values, [variable.id]: value })}
        />
      ))}
    </SpaceBetween>
  );
}

interface OneProps {
  readonly variable: Variable;
  readonly value: string;
  readonly range: Range;
  onChange(value: string): void;
}

function One({ variable, value, range, onChange }: OneProps) {
  const { t } = useWords();
  const options = useOptions(variable, range);
  const label = variable.label ?? variable.id;
  if (variable.inputType === "radio" && options.length <= 6) {
    return (
      <FormField label={label}>
        <SegmentedControl
          label={label}
          selectedId={value}
          options={options.map((one) => ({ id: one.value, text: one.label ?? one.value }))}
          onChange={({ detail }) => onChange(detail.selectedId)}
        />
      </FormField>
    );
  }
  return (
    <FormField label={label}>
      {variable.inputType === "input" ? (
        <Input value={value} onChange={({ detail }) => onChange(detail.value)} />
      ) : (
        <Select
          selectedOption={value === "" ? null : { value, label: options.find((one) => one.value === value)?.label ?? value }}
          options={options.map((one) => ({ value: one.value, label: one.label ?? one.value }))}
          placeholder={t("dashboards.choose")}
          filteringType="auto"
          onChange={({ detail }) => onChange(detail.selectedOption.value ?? "")}
        />
      )}
    </FormField>
  );
}

/** The values as they are written, or a dimension's values among the metrics that a search finds. */
function useOptions(
  { values, search, populateFrom }: Variable,
  range: Range,
): readonly { readonly value: string; readonly label?: string }[] {
  const isSearch = values === undefined && search !== undefined;
  const schema =
    /\{([^}]*)\}/
      .exec(search ?? "")?.[1]
      ?.split(",")
      .map((part) => part.trim()) ?? [];
  const [Namespace] = schema;
  const { data } = useCall<{ Metrics?: readonly { readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[] }[] }>(
    "cloudwatch",
    "ListMetrics",
    {
      ...(Namespace === undefined ? {} : { Namespace: Namespace.replaceAll('"', "") }),
      ...(populateFrom === undefined ? {} : { Dimensions: [{ Name: populateFrom }] }),
    },
    { enabled: isSearch && range.to > 0 },
  );
  if (!isSearch) return (values ?? []).map(({ value, ...rest }) => ({ ...rest, value: String(value) }));
  const found = (data?.Metrics ?? []).flatMap(({ Dimensions = [] }) =>
    Dimensions.filter(({ Name }) => Name === populateFrom).map(({ Value }) => Value),
  );
  return [...new Set(found)].sort().map((value) => ({ value }));
}
