import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useState } from "react";
import { useLocation } from "wouter";
import { useAction, useCall } from "../../api/hooks.ts";
import { useWords } from "../../i18n/i18n.tsx";
import { useLive } from "../../live/live.ts";
import { PageLink } from "../../ui/Links.tsx";
import { Present } from "../../ui/Present.tsx";
import { Time } from "../../ui/Time.tsx";

interface Listed {
  readonly DashboardEntries?: readonly { readonly DashboardName: string; readonly LastModified?: string; readonly Size?: number }[];
}

const FIRST = {
  widgets: [
    { type: "text", x: 0, y: 0, width: 24, height: 2, properties: { markdown: "# A new dashboard\nChoose **Source** to change it." } },
    {
      type: "metric",
      x: 0,
      y: 2,
      width: 12,
      height: 6,
      properties: {
        title: "Invocations and errors",
        region: "us-east-1",
        stat: "Sum",
        period: 60,
        metrics: [
          ["AWS/Lambda", "Invocations"],
          [".", "Errors"],
        ],
      },
    },
  ],
};

export function DashboardsPage() {
  const { t, number } = useWords();
  const { at } = useLive();
  const [, go] = useLocation();
  const [name, setName] = useState("");
  const { data, error } = useCall<Listed>("cloudwatch", "ListDashboards", {});
  const put = useAction("cloudwatch", "PutDashboard");
  const failed = error ?? put.error ?? undefined;
  const create = (): void =>
    put.mutate(
      { DashboardName: name, DashboardBody: JSON.stringify(FIRST) },
      { onSuccess: () => go(`/dashboards/${encodeURIComponent(name)}`) },
    );
  return (
    <SpaceBetween size="l">
      <Present />
      {failed !== undefined && <Alert type="error">{failed.message}</Alert>}
      <Table
        header={
          <Header
            variant="h1"
            counter={`(${data?.DashboardEntries?.length ?? 0})`}
            actions={
              <SpaceBetween direction="horizontal" size="xs" alignItems="end">
                <FormField label={t("dashboards.name")}>
                  <Input value={name} onChange={({ detail }) => setName(detail.value)} />
                </FormField>
                <Button variant="primary" disabled={name === "" || at !== undefined} loading={put.isPending} onClick={create}>
                  {t("dashboards.create")}
                </Button>
              </SpaceBetween>
            }
          >
            {t("dashboards.title")}
          </Header>
        }
        ariaLabels={{ tableLabel: t("dashboards.title") }}
        items={[...(data?.DashboardEntries ?? [])]}
        empty={<Box>{t("dashboards.empty")}</Box>}
        columnDefinitions={[
          {
            id: "name",
            header: t("column.name"),
            cell: ({ DashboardName }) => <PageLink to={`/dashboards/${encodeURIComponent(DashboardName)}`}>{DashboardName}</PageLink>,
            isRowHeader: true,
          },
          { id: "changed", header: t("dashboards.changed"), cell: ({ LastModified }) => <Time at={Date.parse(LastModified ?? "")} /> },
          { id: "size", header: t("dashboards.size"), cell: ({ Size }) => <span className="figure">{`${number(Size ?? 0)} B`}</span> },
        ]}
      />
    </SpaceBetween>
  );
}
