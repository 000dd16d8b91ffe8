import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from "react";

interface Commands {
  readonly shown: readonly string[];
  add(command: string): () => void;
}

const Context = createContext<Commands>({ shown: [], add: () => () => undefined });

/** Collects the commands that do what the page on screen does. */
export function CommandsProvider({ children }: { readonly children: ReactNode }) {
  const [counts, setCounts] = useState<ReadonlyMap<string, number>>(new Map());
  const value = useMemo<Commands>(() => {
    const change = (command: string, by: number): void =>
      setCounts((before) => {
        const after = new Map(before);
        const count = (after.get(command) ?? 0) + by;
        if (count > 0) after.set(command, count);
        else after.delete(command);
        return after;
      });
    return {
      shown: [...counts.keys()],
      add: (command) => {
        change(command, 1);
        return () => change(command, -1);
      },
    };
  }, [counts]);
  return <Context.Provider value={value}>{children}</Context.Provider>;
}

export const useCommands = (): readonly string[] => useContext(Context).shown;

/** Shows a command while the component that uses it is on screen. */
export function useCommand(command: string): void {
  const { add } = useContext(Context);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `add` changes with every command that is shown
  useEffect(() => add(command), [command]);
}
