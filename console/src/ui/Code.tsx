/** Text as it is, in a box that scrolls and is reached by keyboard. */
export function Code({ label, text }: { readonly label: string; readonly text: string | undefined }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <section className="log" tabIndex={0} aria-label={label}>
      {text}
    </section>
  );
}
