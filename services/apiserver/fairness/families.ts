/** What priority and fairness tells /metrics, under Kubernetes' names. */
import type { Family, Labels, Sample } from "../health/exposition.ts";
import type { LevelView } from "./fairness.ts";
import type { FlowStats } from "./flowstats.ts";

const prefix = "apiserver_flowcontrol_";

/** Of all levels and their flows, as they are now. */
export function flowFamilies(levels: readonly LevelView[]): Family[] {
  return [...levelFamilies(levels), ...requestFamilies(levels)];
}

function levelFamilies(levels: readonly LevelView[]): Family[] {
  const gauge = (name: string, help: string, value: (level: LevelView) => number): Family => ({
    name: prefix + name,
    help,
    type: "gauge",
    samples: levels.map((level) => ({
      labels: { priority_level: level.name },
      value: value(level),
    })),
  });
  return [
    gauge("nominal_limit_seats", "Seats by shares alone.", ({ nominal }) => nominal),
    gauge("lower_limit_seats", "Seats that are never lent.", ({ lower }) => lower),
    gauge("upper_limit_seats", "Seats with all that may be borrowed.", ({ upper }) => upper),
    gauge("current_limit_seats", "Seats until the next division.", ({ current }) => current),
    gauge("demand_seats_high_watermark", "Most seats wanted.", ({ demandHigh }) => demandHigh),
    gauge("demand_seats_average", "Seats wanted.", ({ demandAverage }) => demandAverage),
    gauge("demand_seats_stdev", "Deviation of that.", ({ demandDeviation }) => demandDeviation),
    gauge("demand_seats_smoothed", "Seats wanted, smoothed.", ({ smoothed }) => smoothed),
  ];
}

type Pick = (stats: FlowStats) => Sample["value"];

function requestFamilies(levels: readonly LevelView[]): Family[] {
  const flows = levels.flatMap(({ name, flows: own }) =>
    [...own].map(([schema, stats]) => ({
      labels: { priority_level: name, flow_schema: schema } as Labels,
      stats,
    })),
  );
  const family = (name: string, help: string, type: Family["type"], pick: Pick): Family => ({
    name: prefix + name,
    help,
    type,
    samples: flows.map(({ labels, stats }) => ({ labels, value: pick(stats) })),
  });
  return [
    family(
      "dispatched_requests_total",
      "Requests that ran.",
      "counter",
      (stats) => stats.dispatched,
    ),
    {
      name: `${prefix}rejected_requests_total`,
      help: "Requests that were refused.",
      type: "counter",
      samples: flows.flatMap(({ labels, stats }) =>
        [...stats.refused].map(([reason, value]) => ({ labels: { ...labels, reason }, value })),
      ),
    },
    family("current_inqueue_requests", "Requests that wait.", "gauge", (stats) => stats.waiting),
    family("current_inqueue_seats", "Seats of these.", "gauge", (stats) => stats.waitingSeats),
    family("current_executing_requests", "Requests that run.", "gauge", (stats) => stats.running),
    family("current_executing_seats", "Seats of these.", "gauge", (stats) => stats.runningSeats),
    {
      name: `${prefix}request_wait_duration_seconds`,
      help: "Time in a queue.",
      type: "histogram",
      samples: flows.flatMap(({ labels, stats }) => [
        { labels: { ...labels, execute: "true" }, value: stats.waited },
        { labels: { ...labels, execute: "false" }, value: stats.waitedInVain },
      ]),
    },
    family("request_execution_seconds", "Time at work.", "histogram", (stats) => stats.executed),
    family("work_estimated_seats", "Seats of a request.", "histogram", (stats) => stats.seats),
  ];
}
