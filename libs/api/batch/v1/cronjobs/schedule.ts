/**
 * Schedules of cron jobs, read as robfig/cron's ParseStandard reads them: five fields, or a word
 * such as `@hourly`, or `@every 1h30m`.
 */
import { goQuote } from "../../../gotext.ts";
import { isTimeZone } from "./timezone.ts";

/** The text is no schedule; the message is that of robfig/cron. */
export class ScheduleError extends Error {
  override readonly name = "ScheduleError";
}

export type Schedule =
  | { readonly type: "every"; readonly seconds: number; readonly zone: string | undefined }
  | {
      readonly type: "fields";
      readonly minutes: ReadonlySet<number>;
      readonly hours: ReadonlySet<number>;
      /** From 1. */
      readonly daysOfMonth: ReadonlySet<number>;
      /** From 1. */
      readonly months: ReadonlySet<number>;
      /** 0 is Sunday. */
      readonly daysOfWeek: ReadonlySet<number>;
      /** Both kinds of days are restricted: a day fits that fits one of them. */
      readonly anyDay: boolean;
      /** Of a `TZ=` before the fields. */
      readonly zone: string | undefined;
    };

/** Throws ScheduleError. */
export function parseSchedule(text: string): Schedule {
  if (text === "") throw new ScheduleError("empty spec string");
  const { zone, rest } = splitZone(text);
  if (rest.startsWith("@")) return parseDescriptor(rest, zone);
  const fields = rest.split(/\s+/).filter((field) => field !== "");
  if (fields.length !== 5) {
    const shown = `[${fields.join(" ")}]`;
    throw new ScheduleError(`expected exactly 5 fields, found ${fields.length}: ${shown}`);
  }
  return fieldsSchedule(fields, zone);
}

function splitZone(text: string): { zone: string | undefined; rest: string } {
  if (!text.startsWith("TZ=") && !text.startsWith("CRON_TZ="))
    return { zone: undefined, rest: text };
  const space = text.indexOf(" ");
  const zone = text.slice(text.indexOf("=") + 1, space < 0 ? undefined : space);
  const isKnown = zone === "" || zone === "Local" || isTimeZone(zone);
  if (!isKnown) {
    throw new ScheduleError(`provided bad location ${zone}: unknown time zone ${zone}`);
  }
  return { zone, rest: space < 0 ? "" : text.slice(space).trim() };
}

const descriptors: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

const every = "@every ";

function parseDescriptor(text: string, zone: string | undefined): Schedule {
  const fields = descriptors[text];
  if (fields !== undefined) return fieldsSchedule(fields.split(" "), zone);
  if (!text.startsWith(every)) throw new ScheduleError(`unrecognized descriptor: ${text}`);
  const seconds = parseDuration(text.slice(every.length), text);
  // Shorter than a second is a second, and fractions of one do not count.
  return { type: "every", seconds: Math.max(1, Math.trunc(seconds)), zone };
}

interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly names: readonly string[];
}

const monthNames = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
const dayNames = "sun mon tue wed thu fri sat".split(" ");
const minuteBounds: Bounds = { min: 0, max: 59, names: [] };
const hourBounds: Bounds = { min: 0, max: 23, names: [] };
const dayBounds: Bounds = { min: 1, max: 31, names: [] };
const monthBounds: Bounds = { min: 1, max: 12, names: monthNames };
const weekdayBounds: Bounds = { min: 0, max: 6, names: dayNames };

function fieldsSchedule(fields: readonly string[], zone: string | undefined): Schedule {
  const [minute = "", hour = "", day = "", month = "", weekday = ""] = fields;
  const minutes = parseField(minute, minuteBounds);
  const hours = parseField(hour, hourBounds);
  const days = parseField(day, dayBounds);
  const months = parseField(month, monthBounds);
  const weekdays = parseField(weekday, weekdayBounds);
  return {
    type: "fields",
    minutes: minutes.values,
    hours: hours.values,
    daysOfMonth: days.values,
    months: months.values,
    daysOfWeek: weekdays.values,
    anyDay: !days.isStar && !weekdays.isStar,
    zone,
  };
}

interface Field {
  readonly values: ReadonlySet<number>;
  readonly isStar: boolean;
}

function parseField(text: string, bounds: Bounds): Field {
  const values = new Set<number>();
  let isStar = false;
  for (const range of text.split(",").filter((part) => part !== "")) {
    const { start, end, step, star } = parseRange(range, bounds);
    isStar ||= star;
    for (let value = start; value <= end; value += step) values.add(value);
  }
  return { values, isStar };
}

interface Range {
  readonly start: number;
  readonly end: number;
  readonly step: number;
  /** `*` without a step: the field restricts nothing. */
  readonly star: boolean;
}

function parseRange(text: string, bounds: Bounds): Range {
  const [span = "", stepText, ...more] = text.split("/");
  const [low = "", high, ...rest] = span.split("-");
  const isWild = low === "*" || low === "?";
  const { min, max } = bounds;
  let [start, end] = [min, max];
  if (!isWild) {
    start = parseNumber(low, bounds.names, bounds.min);
    if (rest.length > 0) throw new ScheduleError(`too many hyphens: ${text}`);
    end = high === undefined ? start : parseNumber(high, bounds.names, bounds.min);
  }
  if (more.length > 0) throw new ScheduleError(`too many slashes: ${text}`);
  const step = stepText === undefined ? 1 : parseNumber(stepText, [], 0);
  if (stepText !== undefined && high === undefined) end = max;
  if (start < min) {
    throw new ScheduleError(`beginning of range (${start}) below minimum (${min}): ${text}`);
  }
  if (end > max) throw new ScheduleError(`end of range (${end}) above maximum (${max}): ${text}`);
  if (start > end) {
    throw new ScheduleError(`beginning of range (${start}) beyond end of range (${end}): ${text}`);
  }
  if (step === 0) throw new ScheduleError(`step of range should be a positive number: ${text}`);
  return { start, end, step, star: isWild && step === 1 };
}

/** `names` in the order of their numbers, from `first` on. */
function parseNumber(text: string, names: readonly string[], first: number): number {
  const named = names.indexOf(text.toLowerCase());
  if (named >= 0) return named + first;
  if (!/^[-+]?\d+$/.test(text)) {
    const why = `strconv.Atoi: parsing ${goQuote(text)}: invalid syntax`;
    throw new ScheduleError(`failed to parse int from ${text}: ${why}`);
  }
  const value = Number(text);
  if (!Number.isSafeInteger(value)) {
    const why = `strconv.Atoi: parsing ${goQuote(text)}: value out of range`;
    throw new ScheduleError(`failed to parse int from ${text}: ${why}`);
  }
  if (value < 0) throw new ScheduleError(`negative number (${value}) not allowed: ${text}`);
  return value;
}

const unitSeconds: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  μs: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
};

/** A duration as Go's time.ParseDuration takes it, in seconds. */
function parseDuration(text: string, descriptor: string): number {
  const refuse = (why: string) =>
    new ScheduleError(`failed to parse duration ${descriptor}: time: ${why}`);
  const whole = `duration ${goQuote(text)}`;
  const sign = text.startsWith("-") ? -1 : 1;
  let rest = text.replace(/^[-+]/, "");
  if (rest === "0") return 0;
  if (rest === "") throw refuse(`invalid ${whole}`);
  let seconds = 0;
  while (rest !== "") {
    const number = /^(?:\d+\.?\d*|\.\d+)/.exec(rest)?.[0];
    if (number === undefined) throw refuse(`invalid ${whole}`);
    rest = rest.slice(number.length);
    const unit = /^[^.\d]*/.exec(rest)?.[0] ?? "";
    if (unit === "") throw refuse(`missing unit in ${whole}`);
    const factor = unitSeconds[unit];
    if (factor === undefined) throw refuse(`unknown unit ${goQuote(unit)} in ${whole}`);
    rest = rest.slice(unit.length);
    seconds += Number(number) * factor;
  }
  return sign * seconds;
}
