import Alert from "@cloudscape-design/components/alert";
import AppLayout from "@cloudscape-design/components/app-layout";
import SideNavigation, { type SideNavigationProps } from "@cloudscape-design/components/side-navigation";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import { Suspense, useState } from "react";
import { Route, Router, Switch, useLocation } from "wouter";
import { useWords } from "../i18n/i18n.tsx";
import { useLive } from "../live/live.ts";
import { pages } from "../pages.ts";
import { ErrorBoundary } from "../ui/ErrorBoundary.tsx";
import { CommandPanel } from "./CommandPanel.tsx";
import { Scrubber } from "./Scrubber.tsx";
import { TopBar } from "./TopBar.tsx";

const BASE = "/_orrery/console";

export function App() {
  return (
    <Router base={BASE}>
      <Frame />
    </Router>
  );
}

function Frame() {
  const { t } = useWords();
  const { connected } = useLive();
  const [open, setOpen] = useState(true);
  return (
    <>
      <a className="skip-link" href="#content">
        {t("app.skip")}
      </a>
      <div id="top">
        <TopBar />
      </div>
      <AppLayout
        headerSelector="#top"
        toolsHide
        navigationOpen={open}
        onNavigationChange={({ detail }) => setOpen(detail.open)}
        navigationWidth={220}
        ariaLabels={{
          navigation: t("app.navigation"),
          navigationToggle: t("app.openNavigation"),
          navigationClose: t("app.closeNavigation"),
        }}
        navigation={<Navigation />}
        content={
          <div id="content">
            <SpaceBetween size="l">
              <Scrubber />
              {!connected && <Alert type="warning">{t("app.disconnected")}</Alert>}
              <Suspense fallback={<Spinner size="large" />}>
                <Switch>
                  {pages.map(({ path, component: Component }) => (
                    <Route key={path} path={path}>
                      {(params) => (
                        <ErrorBoundary key={JSON.stringify(params)}>
                          <Component params={decoded(params)} />
                        </ErrorBoundary>
                      )}
                    </Route>
                  ))}
                  <Route>
                    <Alert type="info">{t("app.notFound")}</Alert>
                  </Route>
                </Switch>
              </Suspense>
              <CommandPanel />
            </SpaceBetween>
          </div>
        }
      />
    </>
  );
}

const decoded = (params: object): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name, typeof value === "string" ? decodeURIComponent(value) : undefined]),
  );

function Navigation() {
  const { t } = useWords();
  const [location, go] = useLocation();
  const section = (group: "loop" | "see"): SideNavigationProps.Section => ({
    type: "section",
    text: t(group === "loop" ? "nav.loop" : "nav.see"),
    items: pages.flatMap(({ path, nav }) =>
      nav?.group === group ? [{ type: "link" as const, text: t(nav.title), href: `${BASE}${path.replace(/\/:.*$/, "")}` }] : [],
    ),
  });
  const root = `/${location.split("/")[1] ?? ""}`;
  return (
    <SideNavigation
      activeHref={`${BASE}${root === "/" ? "/" : root}`}
      items={[section("loop"), section("see")]}
      onFollow={(event) => {
        event.preventDefault();
        go(event.detail.href.slice(BASE.length));
      }}
    />
  );
}
