import Anser from "anser";
import { useEffect, useRef } from "react";

/** Lines with their ANSI colours; stays at the end while the reader is there. */
export function LogView({ lines, label }: { readonly lines: readonly string[]; readonly label: string }) {
  const host = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: scrolls when lines come
  useEffect(() => {
    if (host.current !== null && atEnd.current) host.current.scrollTop = host.current.scrollHeight;
  }, [lines]);
  return (
    <div
      ref={host}
      role="log"
      className="log"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
      tabIndex={0}
      aria-label={label}
      onScroll={({ currentTarget: { scrollTop, clientHeight, scrollHeight } }) => {
        atEnd.current = scrollTop + clientHeight >= scrollHeight - 8;
      }}
    >
      {lines.map((line, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines are only ever added
        <Line key={i} text={line} />
      ))}
    </div>
  );
}

function Line({ text }: { readonly text: string }) {
  return (
    <div>
      {Anser.ansiToJson(text, { remove_empty: true }).map(({ content, fg, decoration }, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one line never change
        <span key={i} style={{ ...(fg === null ? {} : { color: `rgb(${fg})` }), ...(decoration === "bold" ? { fontWeight: 700 } : {}) }}>
          {content}
        </span>
      ))}
    </div>
  );
}
