import Alert from "@cloudscape-design/components/alert";
import { Component, type ReactNode } from "react";
import { useWords } from "../i18n/i18n.tsx";

function Broken({ message }: { readonly message: string }) {
  const { t } = useWords();
  return <Alert type="error">{t("app.broken", { message })}</Alert>;
}

/** Keeps the rest of the console standing when a part of it fails. */
export class ErrorBoundary extends Component<{ readonly children: ReactNode }, { readonly failed: Error | undefined }> {
  override readonly state: { readonly failed: Error | undefined } = { failed: undefined };

  static getDerivedStateFromError(failed: Error) {
    return { failed };
  }

  override render(): ReactNode {
    return this.state.failed === undefined ? this.props.children : <Broken message={this.state.failed.message} />;
  }
}
