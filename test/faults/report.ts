/** A campaign's result as text. */
import type { Happened } from "./campaign.ts";
import { lineOf } from "./history/operation.ts";
import type { Ran } from "./run.ts";

/** Violations that are printed; the rest are in the folder. */
const printedMax = 8;

export function textOf(ran: Ran, command: string): string {
  const { rounds, operations, outcomes, watchEvents, violations, happened, leftOut, folder } = ran;
  const counts = [...outcomes].map(([type, count]) => `${count} ${type}`).join(", ");
  const lines = [
    ...leftOut.map((line) => `left out: ${line}`),
    `${rounds} rounds, ${operations} operations (${counts}), ${watchEvents} told to watchers`,
    ...tableOf(happened),
    ...(ran.endedBy === undefined ? [] : [`ended early: ${ran.endedBy}`]),
    `${violations.length} violations`,
  ];
  for (const { property, message, operations: shown } of violations.slice(0, printedMax)) {
    lines.push(`✘ ${property}: ${message}`, ...shown.map((one) => `    ${lineOf(one)}`));
  }
  if (violations.length > 0) lines.push(`kept in ${folder}; again: ${command}`);
  return `${lines.join("\n")}\n`;
}

/** For each kind of fault: how often, and how long nothing was acknowledged. */
function tableOf(happened: readonly Happened[]): string[] {
  const kinds = [...new Set(happened.map(({ fault }) => fault))].toSorted();
  const row = (cells: readonly string[]) =>
    cells.map((cell, index) => (index === 0 ? cell.padEnd(16) : cell.padStart(12))).join("");
  const rows = kinds.map((kind) => {
    const all = happened.filter(({ fault }) => fault === kind);
    const most = (of: (one: Happened) => number) => String(Math.max(...all.map(of)));
    const silent = all.map(({ silentMs }) => silentMs).toSorted((a, b) => a - b);
    return row([
      kind,
      String(all.length),
      String(silent[silent.length >> 1]),
      most(({ silentMs }) => silentMs),
      most(({ recoveryMs }) => recoveryMs),
    ]);
  });
  return [row(["fault", "times", "silent p50", "silent max", "recovery max"]), ...rows];
}
