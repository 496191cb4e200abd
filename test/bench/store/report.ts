/** What was measured, as rows and as tables. Pure. */
import type { Sample } from "./measures.ts";

/** One number of one contender, over the rounds. */
export interface Figure {
  readonly value: number;
  readonly least: number;
  readonly most: number;
}

/** One measured number; what infra/bench prints, and the peer's beside it. */
export interface Row {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  readonly least: number;
  readonly most: number;
  readonly peer: Figure | undefined;
  /** How many times better than the peer: above 1 is better, whatever the unit. */
  readonly timesBetter: number | undefined;
}

const moreIsBetter: ReadonlySet<string> = new Set(["/s"]);

/** Median, least and most of the rounds. */
export function figureOf(values: readonly number[]): Figure {
  const sorted = values.toSorted((a, b) => a - b);
  const below = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  const above = sorted[Math.ceil((sorted.length - 1) / 2)] ?? 0;
  return { value: (below + above) / 2, least: sorted[0] ?? 0, most: sorted.at(-1) ?? 0 };
}

/** One row for each number that the samples of one measurement hold. */
export function rowsOf(
  name: string,
  own: readonly Sample[],
  peer: readonly Sample[] | undefined,
): Row[] {
  const metrics = Object.keys(own[0] ?? {}).filter((metric) => metric !== "count");
  return metrics.map((metric) => {
    const [label = "", unit = label] = metric.split(" ");
    const mine = figureOf(own.map((sample) => sample[metric] ?? 0));
    const its = peer && figureOf(peer.map((sample) => sample[metric] ?? 0));
    return {
      name: label === unit ? name : `${name}: ${label}`,
      unit,
      ...mine,
      peer: its,
      timesBetter: its && timesBetter(unit, mine.value, its.value),
    };
  });
}

const timesBetter = (unit: string, own: number, peer: number): number =>
  moreIsBetter.has(unit) ? own / peer : peer / own;

/** The peer alone was measured. */
export const peerRow = (name: string, unit: string, value: number, own: number): Row => ({
  name,
  unit,
  ...figureOf([own]),
  peer: figureOf([value]),
  timesBetter: timesBetter(unit, own, value),
});

const digits = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
const textOf = ({ value, least, most }: Figure): string =>
  least === most
    ? digits.format(value)
    : `${digits.format(value)} (${digits.format(least)}–${digits.format(most)})`;

/** @param names the contenders, Kubus first */
export function markdownOf(rows: readonly Row[], names: readonly string[]): string {
  const head = ["", "unit", ...names, ...(names.length > 1 ? ["times better"] : [])];
  const lines = rows.map((row) => {
    const { name, unit, peer, timesBetter: times } = row;
    const compared = names.length > 1;
    const ratio = times === undefined ? "" : digits.format(times);
    return [name, unit, textOf(row), ...(compared ? [peer ? textOf(peer) : "", ratio] : [])];
  });
  const rule = head.map((_, index) => (index < 2 ? "---" : "--:"));
  return [head, rule, ...lines].map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}

/** The same, in columns for a terminal. */
export function tableOf(rows: readonly Row[], names: readonly string[]): string {
  const cells = markdownOf(rows, names)
    .trimEnd()
    .split("\n")
    .filter((_, index) => index !== 1)
    .map((line) => line.slice(2, -2).split(" | "));
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(...cells.map((line) => line[column]?.length ?? 0)),
  );
  return cells
    .map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "))
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
}
