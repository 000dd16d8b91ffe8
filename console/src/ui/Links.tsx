import Link from "@cloudscape-design/components/link";
import type { ReactNode } from "react";
import { useLocation } from "wouter";

const BASE = "/_orrery/console";

/** A link inside the console: without loading the page anew. */
export function PageLink({ to, children }: { readonly to: string; readonly children: ReactNode }) {
  const [, go] = useLocation();
  return (
    <Link
      href={`${BASE}${to}`}
      onFollow={(event) => {
        event.preventDefault();
        go(to);
      }}
    >
      {children}
    </Link>
  );
}
