import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useCommands } from "../api/commands.tsx";
import { useWords } from "../i18n/i18n.tsx";

/** What one would type for what this page shows. */
export function CommandPanel() {
  const { t } = useWords();
  const commands = useCommands();
  return (
    <ExpandableSection headerText={t("command.title")} variant="container">
      <SpaceBetween size="xs">
        {commands.length === 0 && <code>{t("command.none")}</code>}
        {commands.map((command) => (
          <span key={command} className="mono">
            <CopyToClipboard
              variant="inline"
              textToCopy={command}
              copyButtonAriaLabel={`${t("command.copy")}: ${command}`}
              copySuccessText={t("command.copied")}
              copyErrorText="–"
            />
          </span>
        ))}
      </SpaceBetween>
    </ExpandableSection>
  );
}
