/** The tables of /debug/api_priority_and_fairness, for people who wonder where requests are. */
import type { LevelView } from "./fairness.ts";
import type { Refusal } from "./levelqueues.ts";

const root = "/debug/api_priority_and_fairness";

type Row = readonly (string | number | boolean)[];
type Dump = (levels: readonly LevelView[]) => Row[];

const dumps: Readonly<Record<string, Dump>> = {
  [`${root}/dump_priority_levels`]: levelRows,
  [`${root}/dump_queues`]: queueRows,
  [`${root}/dump_requests`]: requestRows,
};

export const debugPaths: readonly string[] = Object.keys(dumps);

/** The text of one of `debugPaths`; undefined for another path. */
export function dumpOf(path: string, levels: readonly LevelView[]): string | undefined {
  if (!Object.hasOwn(dumps, path)) return undefined;
  return columns(dumps[path]?.(levels) ?? []);
}

function levelRows(levels: readonly LevelView[]): Row[] {
  const head = [
    "PriorityLevelName",
    "ActiveQueues",
    "IsIdle",
    "IsQuiescing",
    "WaitingRequests",
    "ExecutingRequests",
    "DispatchedRequests",
    "RejectedRequests",
    "TimedoutRequests",
    "CancelledRequests",
  ];
  return [
    head,
    ...levels.map(({ name, queues, flows }) => {
      const { activeQueues, waiting, running } = queues.load;
      const all = [...flows.values()];
      const dispatched = all.reduce((sum, stats) => sum + stats.dispatched, 0);
      const refused = (...reasons: Refusal[]) =>
        all.reduce(
          (sum, stats) =>
            sum + reasons.reduce((more, reason) => more + (stats.refused.get(reason) ?? 0), 0),
          0,
        );
      return [
        name,
        activeQueues,
        waiting + running === 0,
        false,
        waiting,
        running,
        dispatched,
        refused("queue-full", "concurrency-limit"),
        refused("time-out"),
        refused("cancelled"),
      ];
    }),
  ];
}

function queueRows(levels: readonly LevelView[]): Row[] {
  const head = [
    "PriorityLevelName",
    "Index",
    "PendingRequests",
    "ExecutingRequests",
    "SeatsWaiting",
    "NextDispatchR",
  ];
  return [
    head,
    ...levels.flatMap(({ name, queues }) =>
      queues.queues.map(({ index, waiting, running, nextStart }) => [
        name,
        index,
        waiting.length,
        running,
        waiting.reduce((sum, { seats }) => sum + seats, 0),
        `${(nextStart / 1000).toFixed(8)}ss`,
      ]),
    ),
  ];
}

function requestRows(levels: readonly LevelView[]): Row[] {
  const head = [
    "PriorityLevelName",
    "FlowSchemaName",
    "QueueIndex",
    "RequestIndexInQueue",
    "InitialSeats",
  ];
  return [
    head,
    ...levels.flatMap(({ name, queues }) =>
      queues.queues.flatMap(({ index, waiting }) =>
        waiting.map(({ schema, seats }, position) => [name, schema, index, position, seats]),
      ),
    ),
  ];
}

/** Cells with a comma behind each and as wide as their column. */
function columns(rows: readonly Row[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) {
      widths[index] = Math.max(widths[index] ?? 0, String(cell).length);
    }
  }
  const lines = rows.map((row) =>
    row
      .map((cell, index) => `${cell},`.padEnd((widths[index] ?? 0) + 2))
      .join("")
      .trimEnd()
      .replace(/,$/, ""),
  );
  return `${lines.join("\n")}\n`;
}
