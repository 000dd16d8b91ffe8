import Box from "@cloudscape-design/components/box";
import BreadcrumbGroup from "@cloudscape-design/components/breadcrumb-group";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FileUpload from "@cloudscape-design/components/file-upload";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useState } from "react";
import { useAction, useCall } from "../../../api/hooks.ts";
import { useWords } from "../../../i18n/i18n.tsx";
import { useLive } from "../../../live/live.ts";
import { Code } from "../../../ui/Code.tsx";
import { Time } from "../../../ui/Time.tsx";
import { Do, fromBase64, type PanelProps, Refusals, toBase64 } from "./Asked.tsx";

interface Listed {
  readonly CommonPrefixes?: readonly { readonly Prefix: string }[];
  readonly Contents?: readonly { readonly Key: string; readonly Size: number; readonly LastModified: string }[];
  readonly NextContinuationToken?: string;
}
type Row = { readonly key: string; readonly size?: number; readonly at?: number };

const PAGE = 100;

/** A bucket's folders and objects: look into them, bring some, take some away. */
export function BucketPanel({ name: Bucket }: PanelProps) {
  const { t, number } = useWords();
  const [prefix, setPrefix] = useState("");
  const [pages, setPages] = useState<readonly string[]>([]);
  const [shown, setShown] = useState<string | undefined>();
  const token = pages.at(-1);
  const input = { Bucket, Prefix: prefix, Delimiter: "/", MaxKeys: PAGE, ...(token === undefined ? {} : { ContinuationToken: token }) };
  const { data, error } = useCall<Listed>("s3", "ListObjectsV2", input);
  const remove = useAction("s3", "DeleteObject");
  const open = (next: string): void => {
    setPrefix(next);
    setPages([]);
    setShown(undefined);
  };
  const items: Row[] = [
    ...(data?.CommonPrefixes ?? []).map(({ Prefix }) => ({ key: Prefix })),
    ...(data?.Contents ?? []).map(({ Key, Size, LastModified }) => ({ key: Key, size: Size, at: Date.parse(LastModified) })),
  ];
  return (
    <SpaceBetween size="m">
      <Folders bucket={Bucket} prefix={prefix} onOpen={open} />
      <Refusals of={[error, remove.error]} />
      <Table
        variant="container"
        header={
          <Header
            variant="h2"
            actions={
              <SpaceBetween direction="horizontal" size="xs">
                <Button disabled={pages.length === 0} onClick={() => setPages(pages.slice(0, -1))}>
                  {t("panel.before")}
                </Button>
                <Button
                  disabled={data?.NextContinuationToken === undefined}
                  onClick={() => setPages([...pages, data?.NextContinuationToken ?? ""])}
                >
                  {t("panel.next")}
                </Button>
              </SpaceBetween>
            }
          >
            {t("panel.objects")}
          </Header>
        }
        ariaLabels={{ tableLabel: t("panel.objects") }}
        items={items}
        empty={<Box>{t("resources.empty")}</Box>}
        columnDefinitions={[
          {
            id: "key",
            header: t("panel.key"),
            isRowHeader: true,
            cell: ({ key, size }) => (
              <Button variant="inline-link" onClick={() => (size === undefined ? open(key) : setShown(key))}>
                {key.slice(prefix.length)}
              </Button>
            ),
          },
          { id: "size", header: t("dashboards.size"), cell: ({ size }) => (size === undefined ? "–" : `${number(size)} B`) },
          { id: "at", header: t("dashboards.changed"), cell: ({ at }) => (at === undefined ? "–" : <Time at={at} />) },
          {
            id: "delete",
            header: t("dashboards.delete"),
            cell: ({ key, size }) =>
              size === undefined ? null : (
                <Do action={remove} input={{ Bucket, Key: key }} text={t("dashboards.delete")} label={`${t("dashboards.delete")} ${key}`} />
              ),
          },
        ]}
      />
      <Upload bucket={Bucket} prefix={prefix} />
      {shown !== undefined && <ObjectView key={shown} bucket={Bucket} name={shown} />}
    </SpaceBetween>
  );
}

function Folders({ bucket, prefix, onOpen }: { readonly bucket: string; readonly prefix: string; onOpen(prefix: string): void }) {
  const { t } = useWords();
  const parts = prefix.split("/").slice(0, -1);
  const items = [{ text: bucket, href: "#" }, ...parts.map((text, i) => ({ text, href: `#${parts.slice(0, i + 1).join("/")}/` }))];
  return (
    <BreadcrumbGroup
      ariaLabel={t("panel.folders")}
      items={items}
      onFollow={(event) => {
        event.preventDefault();
        onOpen(event.detail.href.slice(1));
      }}
    />
  );
}

function Upload({ bucket: Bucket, prefix }: { readonly bucket: string; readonly prefix: string }) {
  const { t } = useWords();
  const { at } = useLive();
  const put = useAction("s3", "PutObject");
  const send = async (files: readonly File[]): Promise<void> => {
    for (const file of files) {
      const Body = toBase64(new Uint8Array(await file.arrayBuffer()));
      await put.mutateAsync({ Bucket, Key: `${prefix}${file.name}`, Body, ...(file.type === "" ? {} : { ContentType: file.type }) });
    }
  };
  return (
    <SpaceBetween size="xs">
      <FileUpload
        multiple
        value={[]}
        onChange={({ detail }) => {
          if (at === undefined) void send(detail.value).catch(() => undefined);
        }}
        i18nStrings={{
          uploadButtonText: () => t("panel.upload"),
          dropzoneText: () => t("panel.drop"),
          removeFileAriaLabel: () => t("dashboards.delete"),
          limitShowFewer: "−",
          limitShowMore: "+",
          errorIconAriaLabel: "!",
          warningIconAriaLabel: "!",
        }}
      />
      <Refusals of={[put.error]} />
    </SpaceBetween>
  );
}

interface Got {
  readonly Body: string;
  readonly ContentType?: string;
  readonly ContentLength?: number;
  readonly ETag?: string;
  readonly VersionId?: string;
  readonly Metadata?: Readonly<Record<string, string>>;
}

/** The beginning of an object; pictures as pictures. */
function ObjectView({ bucket: Bucket, name: Key }: { readonly bucket: string; readonly name: string }) {
  const { t, number } = useWords();
  const { data, error } = useCall<Got>("s3", "GetObject", { Bucket, Key });
  if (data === undefined) return <Refusals of={[error]} />;
  const { Body, ContentType = "", ContentLength = 0, ETag, VersionId } = data;
  const bytes = fromBase64(Body);
  const isPicture = /^image\/(png|jpeg|gif|webp)/.test(ContentType);
  const isText = !bytes.subarray(0, 2_000).includes(0);
  const url = `data:${ContentType};base64,${Body}`;
  return (
    <Container
      header={
        <Header
          variant="h2"
          description={[ContentType, `${number(ContentLength)} B`, ETag, VersionId].filter(Boolean).join(" · ")}
          actions={
            bytes.length === ContentLength ? (
              <Button href={`data:application/octet-stream;base64,${Body}`} download={Key.split("/").at(-1) ?? Key} iconName="download">
                {t("panel.download")}
              </Button>
            ) : undefined
          }
        >
          {Key}
        </Header>
      }
    >
      {isPicture ? (
        <img src={url} alt={Key} className="preview" />
      ) : isText ? (
        <Code label={Key} text={new TextDecoder().decode(bytes)} />
      ) : (
        <Box>{t("panel.binary")}</Box>
      )}
    </Container>
  );
}
