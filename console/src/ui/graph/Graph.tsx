import { Background, Controls, Handle, MarkerType, type Node, type NodeProps, Position, ReactFlow } from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import { useMemo } from "react";
import { useWords } from "../../i18n/i18n.tsx";
import { useSettings } from "../../layout/settings.tsx";
import { type Direction, NODE, places } from "./layout.ts";

export type Health = "good" | "warning" | "bad" | "none";

export interface GraphNode {
  readonly id: string;
  readonly title: string;
  /** What kind of thing it is, in AWS's word. */
  readonly kind: string;
  readonly health: Health;
  /** Its state in words or figures: never told by colour alone. */
  readonly words: string;
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  readonly label?: string;
  readonly health?: Health;
  /** Not in one request: over a queue. */
  readonly dashed?: boolean;
}

interface Props {
  readonly label: string;
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  readonly selected?: string | undefined;
  readonly onSelect?: (id: string) => void;
  readonly height?: number;
  readonly direction?: Direction;
}

type Shown = Node<
  GraphNode & { chosen: boolean; direction: Direction; onSelect: ((id: string) => void) | undefined; [more: string]: unknown },
  "thing"
>;

const SIGNS: Readonly<Record<Health, string>> = { good: "✓", warning: "!", bad: "✕", none: "" };
const COLOURS: Readonly<Record<Health, string>> = { good: "#1d8102", warning: "#b8860b", bad: "#d13212", none: "#7d8998" };

function Thing({ data }: NodeProps<Shown>) {
  const { id, title, kind, health, words, chosen, direction, onSelect } = data;
  const sign = SIGNS[health];
  const content = (
    <>
      <span className="graph-kind">{kind}</span>
      <span className="graph-title" title={title}>
        {sign !== "" && <span aria-hidden="true">{sign} </span>}
        {title}
      </span>
      <span className="graph-words">{words}</span>
    </>
  );
  const style = { borderColor: COLOURS[health], width: NODE.width, height: NODE.height };
  return (
    <>
      <Handle type="target" position={direction === "LR" ? Position.Left : Position.Top} isConnectable={false} />
      {onSelect === undefined ? (
        <div className="graph-node" style={style}>
          {content}
        </div>
      ) : (
        <button type="button" className="graph-node nopan" style={style} aria-pressed={chosen} onClick={() => onSelect(id)}>
          {content}
        </button>
      )}
      <Handle type="source" position={direction === "LR" ? Position.Right : Position.Bottom} isConnectable={false} />
    </>
  );
}

const TYPES = { thing: Thing };

/** Who leads to whom, from left to right or from top to bottom. Whoever uses it tells the same in a table or a list. */
export function Graph({ label, nodes, edges, selected, onSelect, height = 420, direction = "LR" }: Props) {
  const { theme } = useSettings();
  const { t } = useWords();
  const at = useMemo(
    () =>
      places(
        nodes.map(({ id }) => id),
        edges,
        direction,
      ),
    [nodes, edges, direction],
  );
  const shown = nodes.map(
    (node): Shown => ({
      id: node.id,
      type: "thing",
      position: at.get(node.id) ?? { x: 0, y: 0 },
      data: { ...node, chosen: node.id === selected, direction, onSelect },
    }),
  );
  const lines = edges.map(({ from, to, label: text, health = "none", dashed = false }) => ({
    id: `${from} → ${to}`,
    source: from,
    target: to,
    ...(text === undefined ? {} : { label: text }),
    animated: false,
    style: { stroke: COLOURS[health], strokeWidth: health === "bad" ? 2.5 : 1.5, ...(dashed ? { strokeDasharray: "6 4" } : {}) },
    markerEnd: { type: MarkerType.ArrowClosed, color: COLOURS[health] },
  }));
  return (
    <section aria-label={label} style={{ height }} className="graph">
      <ReactFlow
        key={`${nodes.map(({ id }) => id).join("|")}`}
        nodes={shown}
        edges={lines}
        nodeTypes={TYPES}
        colorMode={theme === "dark" ? "dark" : "light"}
        fitView
        fitViewOptions={{ maxZoom: 1 }}
        minZoom={0.1}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        zoomOnScroll={false}
        preventScrolling={false}
        ariaLabelConfig={{
          "controls.zoomIn.ariaLabel": t("graph.in"),
          "controls.zoomOut.ariaLabel": t("graph.out"),
          "controls.fitView.ariaLabel": t("graph.fit"),
          "controls.ariaLabel": t("graph.controls"),
        }}
      >
        <Background />
        <Controls showInteractive={false} />
      </ReactFlow>
    </section>
  );
}
