import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import { useState } from "react";
import { useCall } from "../../api/hooks.ts";
import { queryClient } from "../../api/queries.ts";
import { useWords } from "../../i18n/i18n.tsx";
import { useLive, useWorld } from "../../live/live.ts";
import type { Health } from "../../ui/graph/Graph.tsx";
import { PageLink } from "../../ui/Links.tsx";
import { Present } from "../../ui/Present.tsx";
import {
  healthOf,
  type Service,
  ServiceGraph,
  type Services,
  shortName,
  useFigures,
  withoutLambdaService,
} from "../traces/ServiceGraph.tsx";

const MINUTES = ["5", "15", "60", "360"];
const SIGNS: Readonly<Record<Health, StatusIndicatorProps.Type>> = { good: "success", warning: "warning", bad: "error", none: "pending" };

/** Who calls whom, how healthy, how fast: drawn from traces. */
export function MapPage() {
  const { t } = useWords();
  const { clock } = useLive();
  const world = useWorld();
  const [minutes, setMinutes] = useState("360");
  const [chosen, setChosen] = useState<number | undefined>(undefined);
  const end = Math.ceil(Math.max(clock?.virtual ?? 0, world.time) / 60_000) * 60_000 + 60_000;
  const start = end - Number(minutes) * 60_000;
  const input = { StartTime: new Date(start).toISOString(), EndTime: new Date(end).toISOString() };
  const { data, error, isLoading } = useCall<Services>("xray", "GetServiceGraph", input);
  const services = data?.Services ?? [];
  const node = services.find(({ ReferenceId }) => ReferenceId === chosen);
  return (
    <SpaceBetween size="l">
      <Present />
      <Header
        variant="h1"
        description={t("map.what")}
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Select
              ariaLabel={t("signals.minutes")}
              selectedOption={{ value: minutes, label: `${minutes} min` }}
              options={MINUTES.map((value) => ({ value, label: `${value} min` }))}
              onChange={({ detail }) => setMinutes(detail.selectedOption.value ?? "60")}
            />
            <Button
              iconName="refresh"
              ariaLabel={t("signals.again")}
              onClick={() => void queryClient.invalidateQueries({ queryKey: ["xray"] })}
            />
          </SpaceBetween>
        }
      >
        {t("map.title")}
      </Header>
      {error !== undefined && <Alert type="error">{error.message}</Alert>}
      {isLoading && <Spinner size="large" />}
      {!isLoading && services.length === 0 && <Alert type="info">{t("map.empty")}</Alert>}
      {services.length > 0 && <ServiceGraph services={services} selected={chosen} onSelect={setChosen} height={460} />}
      {node !== undefined && <Chosen node={node} from={start} to={end} />}
      {services.length > 0 && <AsTable services={services} />}
    </SpaceBetween>
  );
}

function Chosen({ node, from, to }: { readonly node: Service; readonly from: number; readonly to: number }) {
  const { t } = useWords();
  const figures = useFigures();
  const selector = `id(name: "${node.Name}"${node.Type === undefined ? "" : `, type: "${node.Type}"`})`;
  const traces = (filter: string): string => `/traces?${new URLSearchParams({ filter, from: String(from), to: String(to) }).toString()}`;
  return (
    <Container header={<Header variant="h2">{shortName(node)}</Header>}>
      <SpaceBetween size="s">
        <Box>{figures(node.SummaryStatistics)}</Box>
        <SpaceBetween direction="horizontal" size="l">
          <PageLink to={traces(`service(${selector})`)}>{t("map.traces")}</PageLink>
          <PageLink to={traces(`service(${selector}) { fault }`)}>{t("map.failing")}</PageLink>
        </SpaceBetween>
      </SpaceBetween>
    </Container>
  );
}

function AsTable({ services }: { readonly services: readonly Service[] }) {
  const { t } = useWords();
  const figures = useFigures();
  const merged = withoutLambdaService(services);
  const names = new Map(merged.map((service) => [service.ReferenceId, shortName(service)]));
  return (
    <Table
      header={<Header variant="h2">{t("chart.table")}</Header>}
      ariaLabels={{ tableLabel: t("map.title") }}
      items={merged.filter(({ Type }) => Type !== "client")}
      trackBy={({ ReferenceId }) => String(ReferenceId)}
      wrapLines
      columnDefinitions={[
        { id: "name", header: t("column.name"), cell: (service) => shortName(service), isRowHeader: true },
        { id: "type", header: t("resources.kind"), cell: ({ Type }) => Type ?? t("map.program") },
        {
          id: "health",
          header: t("column.status"),
          cell: ({ SummaryStatistics }) => (
            <StatusIndicator type={SIGNS[healthOf(SummaryStatistics)]}>{figures(SummaryStatistics) || "–"}</StatusIndicator>
          ),
        },
        {
          id: "calls",
          header: t("map.calls"),
          cell: ({ Edges = [] }) => [...new Set(Edges.map(({ ReferenceId }) => names.get(ReferenceId)))].join(", ") || "–",
        },
      ]}
    />
  );
}
