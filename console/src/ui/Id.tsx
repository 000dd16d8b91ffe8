import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import { useWords } from "../i18n/i18n.tsx";

/** An id, short where it is long, with the whole of it to copy. */
export function Id({ value, short }: { readonly value: string; readonly short?: number }) {
  const { t } = useWords();
  return (
    <span className="mono">
      <CopyToClipboard
        variant="inline"
        textToCopy={value}
        textToDisplay={short === undefined ? value : value.slice(0, short)}
        copyButtonAriaLabel={`${t("copy.id")} ${value}`}
        copySuccessText={t("command.copied")}
        copyErrorText="–"
      />
    </span>
  );
}
