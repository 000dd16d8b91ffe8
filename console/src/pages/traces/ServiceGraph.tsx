import { useMemo } from "react";
import { useWords } from "../../i18n/i18n.tsx";
import { Graph, type GraphEdge, type GraphNode, type Health } from "../../ui/graph/Graph.tsx";

export interface Statistics {
  readonly OkCount?: number;
  readonly TotalCount?: number;
  readonly TotalResponseTime?: number;
  readonly ErrorStatistics?: { readonly TotalCount?: number; readonly ThrottleCount?: number };
  readonly FaultStatistics?: { readonly TotalCount?: number };
}

export interface Service {
  readonly ReferenceId: number;
  readonly Name: string;
  readonly Type?: string;
  readonly Root?: boolean;
  readonly SummaryStatistics?: Statistics;
  readonly ResponseTimeHistogram?: readonly { readonly Value: number; readonly Count: number }[];
  readonly Edges?: readonly { readonly ReferenceId: number; readonly EdgeType?: string; readonly SummaryStatistics?: Statistics }[];
}

export interface Services {
  readonly Services?: readonly Service[];
}

/** Lambda's own part of an invocation and the function are one thing to whoever looks at a map. */
export function withoutLambdaService(services: readonly Service[]): Service[] {
  const into = new Map<number, number>();
  for (const service of services) {
    if (service.Type !== "AWS::Lambda") continue;
    const own = services.find(({ Type, Name }) => Type === "AWS::Lambda::Function" && Name === service.Name);
    if (own !== undefined) into.set(service.ReferenceId, own.ReferenceId);
  }
  return services
    .filter(({ ReferenceId }) => !into.has(ReferenceId))
    .map((service) => ({
      ...service,
      Edges: (service.Edges ?? []).map((edge) => ({ ...edge, ReferenceId: into.get(edge.ReferenceId) ?? edge.ReferenceId })),
    }));
}

export function healthOf({ TotalCount = 0, FaultStatistics, ErrorStatistics }: Statistics = {}): Health {
  if (TotalCount === 0) return "none";
  const faults = FaultStatistics?.TotalCount ?? 0;
  if (faults > 0) return faults / TotalCount >= 0.05 ? "bad" : "warning";
  return (ErrorStatistics?.TotalCount ?? 0) > 0 ? "warning" : "good";
}

/** Short names of things that are known by long ones. */
export function shortName({ Name, Type }: Pick<Service, "Name" | "Type">): string {
  return Type === "AWS::SQS::Queue" || Type === "AWS::SNS" ? (Name.split(/[/:]/).at(-1) ?? Name) : Name;
}

export function useFigures() {
  const { t, number } = useWords();
  return ({ TotalCount = 0, TotalResponseTime = 0, FaultStatistics }: Statistics = {}): string => {
    if (TotalCount === 0) return "";
    const mean = `${number(Math.round((TotalResponseTime / TotalCount) * 10_000) / 10)} ms`;
    const faults = FaultStatistics?.TotalCount ?? 0;
    const failed = faults === 0 ? "" : ` · ${t("map.faults", { share: number(Math.round((faults / TotalCount) * 1_000) / 10) })}`;
    return `${t("map.requests", { count: number(TotalCount) })} · ${mean}${failed}`;
  };
}

interface Props {
  readonly services: readonly Service[];
  readonly selected?: number | undefined;
  readonly onSelect?: (reference: number) => void;
  readonly height?: number;
}

/** The services of a graph with their health, and latency on the edges. */
export function ServiceGraph({ services, selected, onSelect, height }: Props) {
  const { t, number } = useWords();
  const figures = useFigures();
  const merged = useMemo(() => withoutLambdaService(services), [services]);
  const nodes = merged.map(
    (service): GraphNode => ({
      id: String(service.ReferenceId),
      title: service.Type === "client" ? t("map.clients") : shortName(service),
      kind: service.Type ?? t("map.program"),
      health: healthOf(service.SummaryStatistics),
      words: figures(service.SummaryStatistics),
    }),
  );
  const edges = merged.flatMap((service) =>
    (service.Edges ?? []).map((edge): GraphEdge => {
      const { TotalCount = 0, TotalResponseTime = 0 } = edge.SummaryStatistics ?? {};
      return {
        from: String(service.ReferenceId),
        to: String(edge.ReferenceId),
        ...(TotalCount === 0 ? {} : { label: `${number(Math.round((TotalResponseTime / TotalCount) * 10_000) / 10)} ms` }),
        health: healthOf(edge.SummaryStatistics),
        dashed: edge.EdgeType === "link",
      };
    }),
  );
  const choose = onSelect === undefined ? {} : { onSelect: (id: string) => onSelect(Number(id)) };
  return (
    <Graph
      label={t("map.title")}
      nodes={nodes}
      edges={edges}
      selected={selected === undefined ? undefined : String(selected)}
      {...choose}
      {...(height === undefined ? {} : { height })}
    />
  );
}
