import { useCall } from "../../../api/hooks.ts";
import { useWords } from "../../../i18n/i18n.tsx";
import { PageLink } from "../../../ui/Links.tsx";
import { Status } from "../../../ui/Status.tsx";
import type { Properties } from "../body.ts";
import { Message } from "./Widget.tsx";

interface Alarm {
  readonly AlarmName: string;
  readonly StateValue: string;
  readonly StateUpdatedTimestamp?: string;
}
interface Described {
  readonly MetricAlarms?: readonly Alarm[];
  readonly CompositeAlarms?: readonly Alarm[];
}

const nameOf = (arn: string): string => arn.replace(/^arn:.*:alarm:/, "");

/** The states of alarms, in the widget's order or the latest change first. */
export function Alarms({ properties }: { readonly properties: Properties }) {
  const { t } = useWords();
  const names = ((properties["alarms"] as readonly string[] | undefined) ?? []).map(nameOf);
  const states = properties["states"] as readonly string[] | undefined;
  const AlarmTypes = ["MetricAlarm", "CompositeAlarm"];
  const { data, error } = useCall<Described>("cloudwatch", "DescribeAlarms", { AlarmNames: names, AlarmTypes });
  if (error !== undefined) return <Message text={error.message} isError />;
  const found = [...(data?.MetricAlarms ?? []), ...(data?.CompositeAlarms ?? [])].filter(
    ({ StateValue }) => states === undefined || states.includes(StateValue),
  );
  const order = (alarm: Alarm): number =>
    properties["sortBy"] === "stateUpdatedTimestamp" ? -Date.parse(alarm.StateUpdatedTimestamp ?? "") : names.indexOf(alarm.AlarmName);
  if (data !== undefined && found.length === 0) return <Message text={t("dashboards.noAlarms")} />;
  return (
    <ul className="rows">
      {found
        .toSorted((a, b) => order(a) - order(b))
        .map(({ AlarmName, StateValue }) => (
          <li key={AlarmName}>
            <Status status={StateValue} /> <PageLink to={`/alarms/${encodeURIComponent(AlarmName)}`}>{AlarmName}</PageLink>
          </li>
        ))}
    </ul>
  );
}
