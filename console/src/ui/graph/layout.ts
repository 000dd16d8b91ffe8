import { Graph as Dagre, layout } from "@dagrejs/dagre";

export interface Placed {
  readonly x: number;
  readonly y: number;
}

/** From left to right, or from top to bottom. */
export type Direction = "LR" | "TB";

export const NODE = { width: 250, height: 92 } as const;

/** Places of nodes, callers before callees. The same input gives the same picture. */
export function places(
  ids: readonly string[],
  edges: readonly { readonly from: string; readonly to: string }[],
  direction: Direction = "LR",
): Map<string, Placed> {
  const graph = new Dagre();
  graph.setGraph({ rankdir: direction, nodesep: 24, ranksep: direction === "LR" ? 80 : 36, marginx: 16, marginy: 16 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const id of ids) graph.setNode(id, { ...NODE });
  for (const { from, to } of edges) if (from !== to) graph.setEdge(from, to);
  layout(graph);
  return new Map(
    ids.map((id) => {
      const { x = 0, y = 0 } = graph.node(id) as { x?: number; y?: number };
      return [id, { x: x - NODE.width / 2, y: y - NODE.height / 2 }];
    }),
  );
}
