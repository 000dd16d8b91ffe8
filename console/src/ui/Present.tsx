import Alert from "@cloudscape-design/components/alert";
import { useWords } from "../i18n/i18n.tsx";
import { useLive } from "../live/live.ts";

/** Stands over what can only be shown as it is now. */
export function Present() {
  const { t } = useWords();
  return useLive().at === undefined ? null : <Alert type="info">{t("scrub.present")}</Alert>;
}
