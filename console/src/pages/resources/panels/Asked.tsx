import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import type { useAction } from "../../../api/hooks.ts";
import { useLive } from "../../../live/live.ts";

export interface PanelProps {
  readonly name: string;
}

/** The refusals of what a panel asked for or did, in AWS's words. */
export function Refusals({ of }: { readonly of: readonly ({ readonly message: string; readonly code?: string } | null | undefined)[] }) {
  return of.map((error) =>
    error === null || error === undefined ? null : (
      <Alert key={error.message} type="error" header={error.code}>
        {error.message}
      </Alert>
    ),
  );
}

interface DoProps {
  readonly action: ReturnType<typeof useAction>;
  readonly input: object;
  readonly text: string;
  readonly label?: string;
  readonly primary?: boolean;
  readonly disabled?: boolean;
  onDone?(answer: unknown): void;
}

/** A button that calls an operation; not while the past is shown. */
export function Do({ action, input, text, label, primary = false, disabled = false, onDone }: DoProps) {
  const { at } = useLive();
  return (
    <Button
      variant={primary ? "primary" : "normal"}
      disabled={disabled || at !== undefined}
      loading={action.isPending}
      {...(label === undefined ? {} : { ariaLabel: label })}
      onClick={() => action.mutate(input, { onSuccess: (answer) => onDone?.(answer) })}
    >
      {text}
    </Button>
  );
}

export const fromBase64 = (text: string): Uint8Array => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));

export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
