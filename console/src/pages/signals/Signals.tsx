import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { orrery } from "../../api/client.ts";
import { useCommand } from "../../api/commands.tsx";
import { useWords } from "../../i18n/i18n.tsx";
import { useSettings } from "../../layout/settings.tsx";
import { Present } from "../../ui/Present.tsx";

interface Measured {
  readonly requests: number;
  readonly rate: number;
  readonly faults: number;
  readonly errors: number;
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
  readonly saturation: number | null;
}
interface Answer {
  readonly services: readonly (Measured & {
    readonly kind: string;
    readonly name: string;
    readonly versions: readonly (Measured & { readonly version: string })[];
  })[];
}
interface Row extends Measured {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly isVersion: boolean;
}

const MINUTES = ["5", "15", "60", "360", "1440"];

/** Latency, traffic, errors and saturation of everything, by version, what hurts first. */
export function SignalsPage() {
  const { t, number } = useWords();
  const { region } = useSettings();
  const [minutes, setMinutes] = useState("60");
  useCommand(`orrery top --minutes ${minutes} --region ${region}`);
  const { data, refetch, isFetching } = useQuery({
    // Events of what is measured make it be asked again.
    queryKey: ["cloudwatch", "signals", region, minutes],
    queryFn: () => orrery("GET", `signals?minutes=${minutes}&region=${region}`) as Promise<Answer>,
  });
  const items = (data?.services ?? []).flatMap((service): Row[] => [
    { ...service, id: `${service.kind} ${service.name}`, isVersion: false },
    ...service.versions.map((version) => ({
      ...version,
      id: `${service.name} ${version.version}`,
      kind: "",
      name: t("deployments.version", { version: version.version }),
      isVersion: true,
    })),
  ]);
  const ms = (value: number | null) => <span className="figure">{value === null ? "–" : `${number(value)} ms`}</span>;
  return (
    <SpaceBetween size="l">
      <Present />
      <Table
        header={
          <Header
            variant="h1"
            description={t("signals.worst")}
            actions={
              <SpaceBetween direction="horizontal" size="xs">
                <Select
                  ariaLabel={t("signals.minutes")}
                  selectedOption={{ value: minutes, label: `${minutes} min` }}
                  options={MINUTES.map((value) => ({ value, label: `${value} min` }))}
                  onChange={({ detail }) => setMinutes(detail.selectedOption.value ?? "60")}
                />
                <Button iconName="refresh" ariaLabel={t("signals.again")} loading={isFetching} onClick={() => void refetch()} />
              </SpaceBetween>
            }
          >
            {t("signals.title")}
          </Header>
        }
        ariaLabels={{ tableLabel: t("signals.title") }}
        items={items}
        trackBy="id"
        empty={<Box>{t("signals.empty")}</Box>}
        wrapLines
        columnDefinitions={[
          { id: "name", header: t("column.name"), cell: ({ name, isVersion }) => (isVersion ? `↳ ${name}` : name), isRowHeader: true },
          { id: "kind", header: t("resources.kind"), cell: ({ kind }) => kind },
          {
            id: "requests",
            header: t("signals.requests"),
            cell: ({ requests, rate }) => <span className="figure">{`${number(requests)} (${number(rate)}/s)`}</span>,
          },
          { id: "faults", header: t("signals.faults"), cell: (row) => <Share part={row.faults} whole={row.requests} /> },
          { id: "errors", header: t("signals.errors"), cell: ({ errors }) => number(errors) },
          { id: "p50", header: "p50", cell: ({ p50 }) => ms(p50) },
          { id: "p90", header: "p90", cell: ({ p90 }) => ms(p90) },
          { id: "p99", header: "p99", cell: ({ p99 }) => ms(p99) },
          { id: "saturation", header: t("signals.saturation"), cell: ({ saturation }) => (saturation === null ? "–" : number(saturation)) },
        ]}
      />
    </SpaceBetween>
  );
}

function Share({ part, whole }: { readonly part: number; readonly whole: number }) {
  const { number } = useWords();
  if (part === 0) return <StatusIndicator type="success">0</StatusIndicator>;
  return (
    <StatusIndicator type="error" wrapText={false}>{`${number(part)} (${number((part / Math.max(whole, part)) * 100)} %)`}</StatusIndicator>
  );
}
