import { type ComponentType, lazy } from "react";
import type { Key } from "./i18n/i18n.tsx";

export interface Page {
  /** Below the console's base; wouter's pattern. */
  readonly path: string;
  /** Its place in the navigation; pages without one are reached from others. */
  readonly nav?: { readonly group: "loop" | "see"; readonly title: Key };
  readonly component: ComponentType<{ readonly params: Readonly<Record<string, string | undefined>> }>;
}

/** Every page, each a chunk of its own that is loaded when it is first shown. */
export const pages: readonly Page[] = [
  {
    path: "/",
    nav: { group: "loop", title: "nav.home" },
    component: lazy(() => import("./pages/home/Home.tsx").then(({ HomePage }) => ({ default: HomePage }))),
  },
  {
    path: "/pipelines",
    nav: { group: "loop", title: "nav.pipelines" },
    component: lazy(() => import("./pages/pipelines/Pipelines.tsx").then(({ PipelinesPage }) => ({ default: PipelinesPage }))),
  },
  {
    path: "/pipelines/:name/:execution?",
    component: lazy(() => import("./pages/pipelines/Pipeline.tsx").then(({ PipelinePage }) => ({ default: PipelinePage }))),
  },
  {
    path: "/deployments",
    nav: { group: "loop", title: "nav.deployments" },
    component: lazy(() => import("./pages/deployments/Deployments.tsx").then(({ DeploymentsPage }) => ({ default: DeploymentsPage }))),
  },
  {
    path: "/deployments/:id",
    component: lazy(() => import("./pages/deployments/Deployment.tsx").then(({ DeploymentPage }) => ({ default: DeploymentPage }))),
  },
  {
    path: "/stacks",
    nav: { group: "loop", title: "nav.stacks" },
    component: lazy(() => import("./pages/stacks/Stacks.tsx").then(({ StacksPage }) => ({ default: StacksPage }))),
  },
  {
    path: "/stacks/:name",
    component: lazy(() => import("./pages/stacks/Stack.tsx").then(({ StackPage }) => ({ default: StackPage }))),
  },
  {
    path: "/timeline",
    nav: { group: "see", title: "nav.timeline" },
    component: lazy(() => import("./pages/timeline/Timeline.tsx").then(({ TimelinePage }) => ({ default: TimelinePage }))),
  },
  {
    path: "/why/:id",
    component: lazy(() => import("./pages/why/Why.tsx").then(({ WhyPage }) => ({ default: WhyPage }))),
  },
  {
    path: "/signals",
    nav: { group: "see", title: "nav.signals" },
    component: lazy(() => import("./pages/signals/Signals.tsx").then(({ SignalsPage }) => ({ default: SignalsPage }))),
  },
  {
    path: "/slos",
    nav: { group: "see", title: "nav.slos" },
    component: lazy(() => import("./pages/slos/Slos.tsx").then(({ SlosPage }) => ({ default: SlosPage }))),
  },
  {
    path: "/traces",
    nav: { group: "see", title: "nav.traces" },
    component: lazy(() => import("./pages/traces/Traces.tsx").then(({ TracesPage }) => ({ default: TracesPage }))),
  },
  {
    path: "/traces/:id",
    component: lazy(() => import("./pages/traces/Trace.tsx").then(({ TracePage }) => ({ default: TracePage }))),
  },
  {
    path: "/map",
    nav: { group: "see", title: "nav.map" },
    component: lazy(() => import("./pages/map/Map.tsx").then(({ MapPage }) => ({ default: MapPage }))),
  },
  {
    path: "/dashboards",
    nav: { group: "see", title: "nav.dashboards" },
    component: lazy(() => import("./pages/dashboards/Dashboards.tsx").then(({ DashboardsPage }) => ({ default: DashboardsPage }))),
  },
  {
    path: "/dashboards/:name",
    component: lazy(() => import("./pages/dashboards/Dashboard.tsx").then(({ DashboardPage }) => ({ default: DashboardPage }))),
  },
  {
    path: "/alarms",
    nav: { group: "see", title: "nav.alarms" },
    component: lazy(() => import("./pages/alarms/Alarms.tsx").then(({ AlarmsPage }) => ({ default: AlarmsPage }))),
  },
  {
    path: "/alarms/:name",
    component: lazy(() => import("./pages/alarms/Alarm.tsx").then(({ AlarmPage }) => ({ default: AlarmPage }))),
  },
  {
    path: "/logs/:group?",
    nav: { group: "see", title: "nav.logs" },
    component: lazy(() => import("./pages/logs/Logs.tsx").then(({ LogsPage }) => ({ default: LogsPage }))),
  },
  {
    path: "/functions/:name?",
    nav: { group: "see", title: "nav.functions" },
    component: lazy(() => import("./pages/functions/Functions.tsx").then(({ FunctionsPage }) => ({ default: FunctionsPage }))),
  },
  {
    path: "/metrics",
    nav: { group: "see", title: "nav.metrics" },
    component: lazy(() => import("./pages/metrics/Metrics.tsx").then(({ MetricsPage }) => ({ default: MetricsPage }))),
  },
  {
    path: "/resources/:kind?/:name?",
    nav: { group: "see", title: "nav.resources" },
    component: lazy(() => import("./pages/resources/Resources.tsx").then(({ ResourcesPage }) => ({ default: ResourcesPage }))),
  },
  {
    path: "/audit",
    nav: { group: "see", title: "nav.audit" },
    component: lazy(() => import("./pages/audit/Audit.tsx").then(({ AuditPage }) => ({ default: AuditPage }))),
  },
];
