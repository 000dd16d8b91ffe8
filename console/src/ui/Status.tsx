import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";

const TYPES: Readonly<Record<string, StatusIndicatorProps.Type>> = {
  SUCCEEDED: "success",
  OK: "success",
  ACTIVE: "success",
  STARTED: "in-progress",
  RESUMED: "in-progress",
  IN_PROGRESS: "in-progress",
  CREATED: "pending",
  FAILED: "error",
  FAULT: "error",
  ALARM: "error",
  BREACHED: "error",
  WARNING: "warning",
  TIMED_OUT: "error",
  STOPPED: "stopped",
  STOPPING: "stopped",
  CANCELED: "stopped",
  SUPERSEDED: "stopped",
  ABANDONED: "stopped",
  INSUFFICIENT_DATA: "pending",
};

function typeOf(status: string): StatusIndicatorProps.Type {
  const known = TYPES[status];
  if (known !== undefined) return known;
  if (status.includes("ROLLBACK") || status.endsWith("_FAILED")) return status.endsWith("IN_PROGRESS") ? "warning" : "error";
  if (status.endsWith("_IN_PROGRESS")) return "in-progress";
  return status.endsWith("_COMPLETE") ? "success" : "info";
}

/** A state in AWS's own word, with a sign that does not depend on colour. */
export function Status({ status }: { readonly status: string }) {
  return <StatusIndicator type={typeOf(status)}>{status}</StatusIndicator>;
}

export const isBad = (status: string): boolean => typeOf(status) === "error";
export const isOpen = (status: string): boolean => ["in-progress", "pending"].includes(typeOf(status));
