import type { Output } from "../../../aws/clients.ts";
import type { SegmentDocument } from "../segments/document.ts";
import { keyOf, type Segment, type ServiceName, type TraceModel } from "../trace/model.ts";
import { outcomeOf } from "../trace/outcome.ts";
import { Statistics } from "./statistics.ts";

export type GraphService = NonNullable<Output<"xray", "GetServiceGraph">["Services"]>[number];

interface Edge {
  readonly statistics: Statistics;
  readonly isLink: boolean;
}

interface Node {
  readonly service: ServiceName;
  readonly statistics: Statistics;
  /** Sends segments itself. */
  isActive: boolean;
  isRoot: boolean;
  readonly edges: Map<string, Edge>;
}

/**
 * Who calls whom in these traces, with what outcome. The clients of a root service are a node of the root's name and type
 * `client`. https://docs.aws.amazon.com/xray/latest/devguide/xray-api-gettingdata.html#xray-api-servicegraph
 */
export function graphOf(traces: readonly TraceModel[], account: string, links: Links = () => undefined): GraphService[] {
  const nodes = new Map<string, Node>();
  for (const trace of traces) for (const segment of trace.segments) addSegment(nodes, segment, links);
  const keys = [...nodes.keys()];
  const references = new Map(keys.map((key, index) => [key, index]));
  return [...nodes].map(([key, node]) => described(node, references.get(key) ?? 0, { account, references }));
}

/** The segment that another trace's link points to, where that trace is known. */
export type Links = (trace: string) => ServiceName | undefined;

function nodeOf(nodes: Map<string, Node>, service: ServiceName): Node {
  const key = keyOf(service);
  let node = nodes.get(key);
  if (node === undefined) {
    node = { service, statistics: new Statistics(), isActive: false, isRoot: false, edges: new Map() };
    nodes.set(key, node);
  }
  return node;
}

function addSegment(nodes: Map<string, Node>, segment: Segment, links: Links): void {
  const { document, service, caller } = segment;
  const node = nodeOf(nodes, service);
  node.statistics.add(outcomeOf(document), document.start_time);
  if (document.inferred !== true) node.isActive = true;
  if (caller !== undefined) {
    const seen = caller.via === caller.segment.document ? document : caller.via;
    addEdge(nodeOf(nodes, caller.segment.service), service, seen);
    return;
  }
  node.isRoot = true;
  const linked = (document.links ?? []).map((link) => links(link.trace_id)).filter((from) => from !== undefined);
  for (const from of linked) addEdge(nodeOf(nodes, from), service, document, true);
  if (linked.length > 0) return;
  const client = nodeOf(nodes, { name: service.name, type: "client" });
  client.statistics.add(outcomeOf(document), document.start_time);
  addEdge(client, service, document);
}

function addEdge(from: Node, to: ServiceName, document: SegmentDocument, isLink = false): void {
  const key = keyOf(to);
  const edge = from.edges.get(key) ?? { statistics: new Statistics(), isLink };
  from.edges.set(key, edge);
  edge.statistics.add(outcomeOf(document), document.start_time);
}

function described(
  node: Node,
  ReferenceId: number,
  { account, references }: { readonly account: string; readonly references: ReadonlyMap<string, number> },
): GraphService {
  const { service, statistics, isActive, isRoot, edges } = node;
  const isClient = service.type === "client";
  return {
    ReferenceId,
    Name: service.name,
    Names: [service.name],
    ...(isRoot ? { Root: true } : {}),
    AccountId: account,
    ...(service.type === undefined ? {} : { Type: service.type }),
    State: isActive ? "active" : "unknown",
    ...statistics.span,
    Edges: [...edges].map(([to, edge]) => ({
      ReferenceId: references.get(to) ?? 0,
      ...edge.statistics.span,
      SummaryStatistics: edge.statistics.summary,
      ResponseTimeHistogram: edge.statistics.histogram,
      Aliases: [],
      ...(edge.isLink ? { EdgeType: "link" } : {}),
    })),
    ...(isClient
      ? {}
      : {
          SummaryStatistics: statistics.summary,
          DurationHistogram: statistics.histogram,
          ResponseTimeHistogram: statistics.histogram,
        }),
  };
}
