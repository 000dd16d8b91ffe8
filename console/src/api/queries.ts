import { QueryClient } from "@tanstack/react-query";

/** Nothing is asked again by itself: events of the stream say what has changed. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: { staleTime: Number.POSITIVE_INFINITY, retry: false, refetchOnWindowFocus: false, refetchOnReconnect: false },
  },
});

/** Sources of events whose calls are of another service than their name says. */
const SERVICES: Readonly<Record<string, readonly string[]>> = {
  "aws.apigateway": ["apigatewayv2"],
  "aws.logs": ["cloudwatch-logs"],
  "aws.events": ["eventbridge"],
  "aws.lambda": ["lambda", "cloudwatch-logs", "cloudwatch"],
  "aws.codebuild": ["codebuild", "cloudwatch-logs"],
  "aws.codedeploy": ["codedeploy", "lambda", "cloudwatch", "xray"],
  "aws.cloudwatch": ["cloudwatch", "xray"],
};

/** What was asked of the services that events came from is asked again, where a page shows it. */
export function changed(sources: ReadonlySet<string>): void {
  const services = new Set([...sources].flatMap((source) => SERVICES[source] ?? [source.replace("aws.", "")]));
  void queryClient.invalidateQueries({ predicate: ({ queryKey: [service] }) => services.has(String(service)) });
}
