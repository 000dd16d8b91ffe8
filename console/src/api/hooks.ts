import { useMutation, useQuery } from "@tanstack/react-query";
import { useSettings } from "../layout/settings.tsx";
import { cliCommand } from "./cli.ts";
import { type CallError, call } from "./client.ts";
import { useCommand } from "./commands.tsx";
import { queryClient } from "./queries.ts";

export interface Called<T> {
  readonly data: T | undefined;
  readonly error: CallError | undefined;
  readonly isLoading: boolean;
}

/**
 * What an operation of AWS answers; asked again when the stream tells of something of that service. The page shows the AWS CLI's
 * command for it. `enabled: false` waits.
 */
export function useCall<T>(service: string, operation: string, input: object, options: { readonly enabled?: boolean } = {}): Called<T> {
  const { region } = useSettings();
  useCommand(cliCommand(service, operation, input, region));
  const { data, error, isLoading } = useQuery({
    queryKey: [service, operation, region, input],
    queryFn: () => call(region, service, operation, input) as Promise<T>,
    enabled: options.enabled ?? true,
  });
  return { data, error: (error ?? undefined) as CallError | undefined, isLoading };
}

/** Members that lead to the next page, and the one that asks for it. */
const TOKENS: Readonly<Record<string, string>> = {
  NextToken: "NextToken",
  nextToken: "nextToken",
  NextMarker: "Marker",
  Marker: "Marker",
  LastEvaluatedTableName: "ExclusiveStartTableName",
  ContinuationToken: "ContinuationToken",
};
const MOST_PAGES = 100;

/** All pages of what a listing answers, each as it came. */
export function usePages<T>(service: string, operation: string, input: object): Called<readonly T[]> {
  const { region } = useSettings();
  useCommand(cliCommand(service, operation, input, region));
  const { data, error, isLoading } = useQuery({
    queryKey: [service, operation, region, input, "all"],
    queryFn: async () => {
      const pages: T[] = [];
      for (let asked = input; pages.length < MOST_PAGES; ) {
        const page = (await call(region, service, operation, asked)) as Readonly<Record<string, unknown>>;
        pages.push(page as T);
        const [member, ask] = Object.entries(TOKENS).find(([name]) => typeof page[name] === "string" && page[name] !== "") ?? [];
        if (member === undefined || ask === undefined || page["IsTruncated"] === false) break;
        asked = { ...input, [ask]: page[member] };
      }
      return pages;
    },
  });
  return { data, error: (error ?? undefined) as CallError | undefined, isLoading };
}

/** Does something; what pages show of that service is asked again afterwards. */
export function useAction(service: string, operation: string) {
  const { region } = useSettings();
  return useMutation({
    mutationFn: (input: object) => call(region, service, operation, input),
    onSettled: () => queryClient.invalidateQueries({ predicate: ({ queryKey: [of] }) => of === service }),
  });
}
