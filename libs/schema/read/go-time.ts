/** What Go's time package says of texts that are no times or durations: pure. */

const layout = "2006-01-02T15:04:05Z07:00";
const microLayout = "2006-01-02T15:04:05.000000Z07:00";

/** Why Go's time.Parse refuses a metav1.Time; undefined when it takes it. */
export function timeProblem(text: string): string | undefined {
  return problemOf(text, layout, false);
}

/** The same for a metav1.MicroTime, which must have six digits of fraction. */
export function microTimeProblem(text: string): string | undefined {
  return problemOf(text, microLayout, true);
}

interface Element {
  /** As the layout shows it. */
  readonly layout: string;
  readonly pattern: RegExp;
  /** Least and greatest number, and what Go calls it. */
  readonly range?: readonly [number, number, string];
}

const two = /^\d\d/;
const elements: readonly Element[] = [
  { layout: "2006", pattern: /^\d{4}/ },
  { layout: "-", pattern: /^-/ },
  { layout: "01", pattern: two, range: [1, 12, "month"] },
  { layout: "-", pattern: /^-/ },
  { layout: "02", pattern: two },
  { layout: "T", pattern: /^T/ },
  { layout: "15", pattern: /^\d\d?/, range: [0, 23, "hour"] },
  { layout: ":", pattern: /^:/ },
  { layout: "04", pattern: two, range: [0, 59, "minute"] },
  { layout: ":", pattern: /^:/ },
  { layout: "05", pattern: two, range: [0, 59, "second"] },
];
const fraction: Element = { layout: ".000000", pattern: /^[.,]\d{6}/ };
const zone: Element = { layout: "Z07:00", pattern: /^(?:Z|[+-]\d\d:\d\d)/ };

/** Go takes fractions of any length behind the seconds although the layout has none. */
const anyFraction = /^[.,]\d+/;

function problemOf(text: string, wanted: string, hasFraction: boolean): string | undefined {
  const says = (why: string) => `parsing time ${quoted(text)}${why}`;
  const numbers: number[] = [];
  let rest = text;
  for (const element of [...elements, ...(hasFraction ? [fraction] : []), zone]) {
    if (element === zone && !hasFraction) rest = rest.replace(anyFraction, "");
    const match = element.pattern.exec(rest);
    if (!match) {
      return says(` as "${wanted}": cannot parse ${quoted(rest)} as "${element.layout}"`);
    }
    if (element === zone && !isOffset(match[0])) {
      return says(
        `: time zone offset ${Number(match[0].slice(4)) > 60 ? "minute" : "hour"} out of range`,
      );
    }
    const number = Number(match[0]);
    const [min, max, name] = element.range ?? [number, number, ""];
    if (number < min || number > max) return says(`: ${name} out of range`);
    numbers.push(number);
    rest = rest.slice(match[0].length);
  }
  const [year = 0, , month = 0, , day = 0] = numbers;
  if (rest !== "") return says(`: extra text: ${quoted(rest)}`);
  return day < 1 || day > daysOf(year, month) ? says(": day out of range") : undefined;
}

function daysOf(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** Go allows 24 hours and 60 minutes. */
const isOffset = (text: string): boolean =>
  text === "Z" || (Number(text.slice(1, 3)) <= 24 && Number(text.slice(4)) <= 60);

/** As Go's time package quotes: everything beyond ASCII byte by byte. */
function quoted(text: string): string {
  const escaped = text.replaceAll(/["\\]|[^ -~]/gu, (char) => {
    if (char === '"' || char === "\\") return `\\${char}`;
    return [...Buffer.from(char)]
      .map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`)
      .join("");
  });
  return `"${escaped}"`;
}

const unitNanos: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** Nanoseconds of a Go duration, or what Go says against the text. */
export function goDurationNanos(text: string): number | string {
  const invalid = `time: invalid duration ${quoted(text)}`;
  let rest = text.replace(/^[+-]/, "");
  if (rest === "0") return 0;
  if (rest === "") return invalid;
  let total = 0;
  while (rest !== "") {
    const amount = /^(?:\d+\.?\d*|\.\d+)/.exec(rest)?.[0];
    if (amount === undefined) return invalid;
    rest = rest.slice(amount.length);
    const unit = /^[^\d.]*/.exec(rest)?.[0] ?? "";
    if (unit === "") return `time: missing unit in duration ${quoted(text)}`;
    const size = unitNanos[unit];
    if (size === undefined) return `time: unknown unit ${quoted(unit)} in duration ${quoted(text)}`;
    total += Number(amount) * size;
    rest = rest.slice(unit.length);
  }
  if (total > 2 ** 63) return invalid;
  return Math.trunc(text.startsWith("-") ? -total : total);
}
