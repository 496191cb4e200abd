/** Durations and timestamps as texts, and the parts of a moment in a time zone. */
import { Duration, Timestamp } from "./value.ts";

const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};
const second = 1_000_000_000n;
const milli = 1_000_000n;
const piece = /(\d+)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)|\.(\d+)(ns|us|µs|μs|ms|s|m|h)/gy;
const int64Max = (1n << 63n) - 1n;

/** Go's form, `1h2m3.5s`. Undefined for anything else and beyond 64 bits of nanoseconds. */
export function parseDuration(text: string): Duration | undefined {
  const isNegative = text.startsWith("-");
  const body = text.replace(/^[-+]/, "");
  if (body === "0") return new Duration(0n);
  let nanos = 0n;
  let end = 0;
  for (const match of body.matchAll(piece)) {
    const [all, whole = "0", fraction = "", unit, small, smallUnit] = match;
    nanos += amount(whole, small ?? fraction, units[unit ?? smallUnit ?? ""] ?? 0n);
    end = match.index + all.length;
  }
  if (end === 0 || end !== body.length || nanos > int64Max) return undefined;
  return new Duration(isNegative ? -nanos : nanos);
}

function amount(whole: string, fraction: string, unit: bigint): bigint {
  const digits = fraction === "" ? 0n : (BigInt(fraction) * unit) / 10n ** BigInt(fraction.length);
  return BigInt(whole) * unit + digits;
}

/** Seconds with a fraction: `3723.5s`. */
export function formatDuration({ nanos }: Duration): string {
  const sign = nanos < 0n ? "-" : "";
  const size = nanos < 0n ? -nanos : nanos;
  return `${sign}${size / second}${fractionOf(size % second)}s`;
}

const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:[.,](\d+))?([Zz]|[+-]\d\d:\d\d)$/;
/** cel-go's bounds: the years 1 to 9999. */
const secondsMin = -62_135_596_800n;
const secondsMax = 253_402_300_799n;

/** RFC 3339. Undefined for anything else and outside of the years 1 to 9999. */
export function parseTimestamp(text: string): Timestamp | undefined {
  const match = rfc3339.exec(text);
  if (!match) return undefined;
  const milliseconds = Date.parse(text.replace(/[.,]\d+/, ""));
  if (Number.isNaN(milliseconds)) return undefined;
  const fraction = (match[7] ?? "").slice(0, 9).padEnd(9, "0");
  return boundedTimestamp(BigInt(milliseconds) * milli + BigInt(fraction));
}

/** Undefined outside of the years 1 to 9999. */
export function boundedTimestamp(nanos: bigint): Timestamp | undefined {
  const seconds = floorDivided(nanos, second);
  return seconds < secondsMin || seconds > secondsMax ? undefined : new Timestamp(nanos);
}

export function formatTimestamp({ nanos }: Timestamp): string {
  const seconds = floorDivided(nanos, second);
  const head = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  return `${head}${fractionOf(nanos - seconds * second)}Z`;
}

const fractionOf = (nanos: bigint) =>
  nanos === 0n ? "" : `.${nanos.toString().padStart(9, "0").replace(/0+$/, "")}`;

function floorDivided(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by < 0n ? quotient - 1n : quotient;
}

const fixedZone = /^([+-]?)(\d\d):(\d\d)$/;

/**
 * The moment as a date whose UTC parts are those of the time zone: a name of the time zone
 * database, or an offset such as `-08:00`. Undefined when there is no such zone.
 */
export function inZone({ nanos }: Timestamp, zone: string): Date | undefined {
  const milliseconds = Number(floorDivided(nanos, milli));
  if (zone === "" || zone === "UTC") return new Date(milliseconds);
  const fixed = fixedZone.exec(zone);
  if (fixed) {
    const minutes = Number(fixed[2]) * 60 + Number(fixed[3]);
    return new Date(milliseconds + (fixed[1] === "-" ? -minutes : minutes) * 60_000);
  }
  try {
    const parts = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      ...{ year: "numeric", month: "numeric", day: "numeric" },
      ...{ hour: "numeric", minute: "numeric", second: "numeric" },
    }).formatToParts(milliseconds);
    const part = (type: string) => Number(parts.find((one) => one.type === type)?.value ?? 0);
    const rest = ((milliseconds % 1000) + 1000) % 1000;
    const [year, month, day] = [part("year"), part("month") - 1, part("day")];
    return new Date(
      Date.UTC(year, month, day, part("hour"), part("minute"), part("second")) + rest,
    );
  } catch {
    return undefined;
  }
}
