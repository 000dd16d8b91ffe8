import type { Deployment, World } from "../../fold/types.ts";
import { useWords } from "../../i18n/i18n.tsx";
import { Chart, type Mark, type Series } from "../../ui/Chart.tsx";

const MARGIN = 0.06;

/** First and last instant of what a deployment's charts show: with what was before it and the rollback after it. */
export function spanOf({ started, ended }: Deployment, world: World): readonly [number, number] {
  const last = ended ?? world.time;
  const margin = Math.max(60_000, (last - started) * MARGIN);
  return [started - margin, last + margin];
}

/** Alarms that changed while it ran. */
export function marksOf(world: World, [from, to]: readonly [number, number]): Mark[] {
  return [...world.alarms.values()].flatMap(({ name, history }) =>
    history
      .filter(({ time }) => time >= from && time <= to)
      .map((change) => ({ time: change.time, label: `${name.slice(0, 24)} ${change.to}`, bad: change.to === "ALARM" })),
  );
}

/** The weights of both versions, with the deployment that rolled it back. */
export function TrafficChart({
  deployment,
  world,
  sync,
}: {
  readonly deployment: Deployment;
  readonly world: World;
  readonly sync?: string;
}) {
  const { t } = useWords();
  const span = spanOf(deployment, world);
  const others = [...world.deployments.values()].filter(
    (one) => one.functionName === deployment.functionName && one.started >= deployment.started,
  );
  const shifts = others
    .flatMap(({ shifts: all }) => all)
    .filter(({ time }) => time <= span[1])
    .sort((a, b) => a.time - b.time);
  const versions = [...new Set(shifts.flatMap(({ currentVersion, targetVersion }) => [currentVersion, targetVersion]))].sort();
  const first = shifts[0];
  const times = [span[0], ...shifts.map(({ time }) => time), span[1]];
  const series: Series[] = versions.map((version) => {
    const before = version === first?.currentVersion ? 100 : 0;
    const moved = shifts.map(({ currentVersion, currentWeight, targetVersion, targetWeight }) =>
      version === currentVersion ? currentWeight : version === targetVersion ? targetWeight : 0,
    );
    return { label: t("deployments.version", { version }), values: [before, ...moved, moved.at(-1) ?? before], step: true };
  });
  return (
    <Chart
      title={t("deployments.traffic")}
      times={times}
      series={series}
      marks={marksOf(world, span)}
      unit="%"
      range={[0, 105]}
      span={span}
      {...(sync === undefined ? {} : { sync })}
    />
  );
}
