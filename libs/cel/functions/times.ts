/** Parts of moments and spans. */
import { duration, int, string, timestamp } from "../celtype.ts";
import { declare, type FunctionDeclaration, member } from "../environment.ts";
import { inZone } from "../values/times.ts";
import { CelError, type Duration, type Timestamp, type Value } from "../values/value.ts";

const dayMs = 86_400_000;

/** A part of a moment: in UTC, or in a zone that is named. */
function part(name: string, id: string, of: (date: Date) => number): FunctionDeclaration {
  const run = (moment: Timestamp, zone = "UTC"): Value => {
    const date = inZone(moment, zone);
    return date ? BigInt(of(date)) : new CelError(`unknown time zone ${zone}`);
  };
  return declare(
    name,
    member(`timestamp_to_${id}`, [timestamp], int, run),
    member(`timestamp_to_${id}_with_tz`, [timestamp, string], int, run),
  );
}

/** A span in whole units. */
const span = (name: string, id: string, nanosPerUnit: bigint): FunctionDeclaration =>
  declare(
    name,
    member(`duration_to_${id}`, [duration], int, ({ nanos }: Duration) => nanos / nanosPerUnit),
  );

const dayOfYear = (date: Date) =>
  Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / dayMs);

export const times: readonly FunctionDeclaration[] = [
  part("getFullYear", "year", (date) => date.getUTCFullYear()),
  part("getMonth", "month", (date) => date.getUTCMonth()),
  part("getDayOfYear", "day_of_year", dayOfYear),
  part("getDayOfMonth", "day_of_month", (date) => date.getUTCDate() - 1),
  part("getDate", "day_of_month_1_based", (date) => date.getUTCDate()),
  part("getDayOfWeek", "day_of_week", (date) => date.getUTCDay()),
  part("getHours", "hours", (date) => date.getUTCHours()),
  part("getMinutes", "minutes", (date) => date.getUTCMinutes()),
  part("getSeconds", "seconds", (date) => date.getUTCSeconds()),
  part("getMilliseconds", "milliseconds", (date) => date.getUTCMilliseconds()),
  span("getHours", "hours", 3_600_000_000_000n),
  span("getMinutes", "minutes", 60_000_000_000n),
  span("getSeconds", "seconds", 1_000_000_000n),
  declare(
    "getMilliseconds",
    member(
      "duration_to_milliseconds",
      [duration],
      int,
      ({ nanos }: Duration) =>
        // Only what is beyond the whole seconds.
        (nanos % 1_000_000_000n) / 1_000_000n,
    ),
  ),
];
