/** Cells of `kubectl get` that many resources show, worded as pkg/printers words them. */
import type { KubeObject, PrintColumn } from "./resource.ts";

const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;

/** A span of milliseconds in one or two units, as apimachinery's HumanDuration prints it. */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / secondMs);
  // Clocks may differ by a second or two.
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.trunc(milliseconds / minuteMs);
  if (minutes < 10) return twoUnits(minutes, "m", seconds % 60, "s");
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.trunc(milliseconds / hourMs);
  if (hours < 8) return twoUnits(hours, "h", minutes % 60, "m");
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / 24);
  if (days < 8) return twoUnits(days, "d", hours % 24, "h");
  const years = Math.trunc(days / 365);
  if (years < 2) return `${days}d`;
  if (years < 8) return twoUnits(years, "y", days % 365, "d");
  return `${years}y`;
}

function twoUnits(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit}${small}${smallUnit}`;
}

/** Time since a timestamp; `<unknown>` without one. `now` is milliseconds since 1970. */
export function ageText(timestamp: string | null | undefined, now: number): string {
  if (!timestamp) return "<unknown>";
  return humanDuration(now - Date.parse(timestamp));
}

export const nameColumn: PrintColumn<KubeObject> = {
  name: "Name",
  type: "string",
  format: "name",
  description: "Unique within its namespace.",
  cell: ({ metadata }) => metadata?.name ?? "",
};

export const ageColumn: PrintColumn<KubeObject> = {
  name: "Age",
  type: "string",
  description: "Time since the object was created.",
  cell: ({ metadata }, now) => ageText(metadata?.creationTimestamp, now),
};

/** Beside the name the only column of kinds that have no table of their own. */
export const createdAtColumn: PrintColumn<KubeObject> = {
  name: "Created At",
  type: "date",
  description: "When the object was created.",
  cell: ({ metadata }) => metadata?.creationTimestamp ?? null,
};

/** The table of such kinds. Without a row it has not even a list of rows. */
export const defaultColumns: readonly PrintColumn<KubeObject>[] = [nameColumn, createdAtColumn];

/** `a=1,b=2`, sorted; `<none>` for nothing. */
export function labelsText(labels: Readonly<Record<string, string>> | undefined): string {
  const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? "<none>" : pairs.sort().join(",");
}

/** The first items and how many were left out; `count` counts all. */
export function moreText(shown: readonly string[], count: number): string {
  const text = shown.join(",");
  return count > shown.length ? `${text} + ${count - shown.length} more...` : text;
}
