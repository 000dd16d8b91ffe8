import { Duration } from "aws-cdk-lib";
import { CfnDiscovery, CfnServiceLevelObjective } from "aws-cdk-lib/aws-applicationsignals";
import {
  type Alarm,
  AlarmStatusWidget,
  CfnAlarm,
  Color,
  Dashboard,
  GraphWidget,
  type IMetric,
  LogQueryVisualizationType,
  LogQueryWidget,
  SingleValueWidget,
  TextWidget,
} from "aws-cdk-lib/aws-cloudwatch";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";

export interface ObservabilityProps {
  /** Also the dashboard's and the objective's. */
  readonly name: string;
  /** What people's questions go through. */
  readonly live: IFunction;
  readonly logGroups: readonly string[];
  readonly alarms: readonly Alarm[];
}

const MINUTE = Duration.minutes(1);
/** Of the questions of a week, in percent. */
const GOAL = 99;
/** An hour at this rate spends as much of the budget as half a day is meant to. */
const FAST = 12;

/** What people who run the chatbot look at: one page, and the share of questions that must be answered. */
export class Observability extends Construct {
  constructor(scope: Construct, id: string, { name, live, logGroups, alarms }: ObservabilityProps) {
    super(scope, id);
    const invocations = live.metricInvocations({ period: MINUTE, label: "questions" });
    const errors = live.metricErrors({ period: MINUTE, label: "failed", color: Color.RED });
    const answered = this.#objective(name, live);

    const dashboard = new Dashboard(this, "Dashboard", { dashboardName: name, defaultInterval: Duration.hours(3) });
    dashboard.addWidgets(
      new TextWidget({
        width: 12,
        height: 4,
        markdown: `# ${name}\nQuestions over HTTP, answered from documents. **${GOAL} %** of a week's questions are to be answered.`,
      }),
      new AlarmStatusWidget({ title: "Alarms", width: 12, height: 4, alarms: [...alarms, answered] }),
    );
    dashboard.addWidgets(
      new GraphWidget({ title: "Questions, and those that failed", width: 12, height: 7, left: [invocations], right: [errors] }),
      new GraphWidget({
        title: "Time to answer",
        width: 12,
        height: 7,
        left: ["p50", "p90", "p99"].map((statistic) => live.metricDuration({ statistic, period: MINUTE, label: statistic })),
      }),
    );
    dashboard.addWidgets(
      new SingleValueWidget({ title: "In all of this time", width: 8, height: 5, metrics: sums(live), setPeriodToTimeRange: true }),
      new LogQueryWidget({
        title: "Latest errors",
        width: 16,
        height: 5,
        logGroupNames: [...logGroups],
        view: LogQueryVisualizationType.TABLE,
        queryLines: ["fields @timestamp, @message", "filter @message like /(?i)error/", "sort @timestamp desc", "limit 20"],
      }),
    );
  }

  /** The objective, and an alarm for when its budget is spent too fast. */
  #objective(name: string, live: IFunction): CfnAlarm {
    const discovery = new CfnDiscovery(this, "Discovery");
    const sums = (metricName: string): CfnServiceLevelObjective.MetricDataQueryProperty[] => [
      {
        id: metricName.toLowerCase(),
        returnData: true,
        metricStat: {
          metric: { namespace: "AWS/Lambda", metricName, dimensions: dimensionsOf(live.metricErrors()) },
          period: MINUTE.toSeconds(),
          stat: "Sum",
        },
      },
    ];
    const objective = new CfnServiceLevelObjective(this, "Answered", {
      name: `${name}-answered`,
      description: "Questions that are answered",
      requestBasedSli: {
        requestBasedSliMetric: {
          totalRequestCountMetric: sums("Invocations"),
          monitoredRequestCountMetric: { badCountMetric: sums("Errors") },
        },
      },
      goal: { attainmentGoal: GOAL, warningThreshold: 50, interval: { rollingInterval: { duration: 7, durationUnit: "DAY" } } },
      burnRateConfigurations: [{ lookBackWindowMinutes: 60 }],
    });
    objective.addResourceDependency(discovery);
    const alarm = new CfnAlarm(this, "BudgetSpentTooFast", {
      namespace: "AWS/ApplicationSignals",
      metricName: "BurnRate",
      dimensions: [
        { name: "SloName", value: `${name}-answered` },
        { name: "BurnRateWindowMinutes", value: "60" },
      ],
      statistic: "Maximum",
      period: MINUTE.toSeconds(),
      evaluationPeriods: 1,
      threshold: FAST,
      comparisonOperator: "GreaterThanThreshold",
      treatMissingData: "notBreaching",
    });
    alarm.addResourceDependency(objective);
    return alarm;
  }
}

const sums = (live: IFunction): IMetric[] => [
  live.metricInvocations({ label: "questions" }),
  live.metricErrors({ label: "failed", color: Color.RED }),
];

function dimensionsOf(metric: IMetric): { name: string; value: string }[] {
  const dimensions = metric.toMetricConfig().metricStat?.dimensions ?? [];
  return dimensions.map(({ name, value }) => ({ name, value: String(value) }));
}
