/** Times and durations between Kubernetes' texts and protobuf's numbers: pure. */

const nanosPerMilli = 1_000_000;
const timePattern =
  /^(\d{4})-(\d\d)-(\d\d)T(\d\d?):(\d\d):(\d\d)(?:[.,](\d{1,9})\d*)?(?:Z|([+-])(\d\d):(\d\d))$/;

/** Seconds since 1970 and nanoseconds. Throws `TypeError` on anything else than RFC 3339. */
export function instantOf(text: string): { readonly seconds: number; readonly nanos: number } {
  const match = timePattern.exec(text);
  if (!match) throw new TypeError(`not a time: ${text}`);
  const [, year, month, day, hour, minute, second, fraction = "", sign, hours, minutes] = match;
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  const offset =
    sign === undefined ? 0 : Number(`${sign}1`) * (Number(hours) * 60 + Number(minutes));
  const seconds =
    date.getTime() / 1_000 + Number(hour) * 3_600 + (Number(minute) - offset) * 60 + Number(second);
  return { seconds, nanos: Number(fraction.padEnd(9, "0")) };
}

/** Go's zero time, which is no time: it is null in JSON. */
export const zeroTimeSeconds = -62_135_596_800;

/** As metav1.Time writes it: whole seconds, UTC. */
export function timeText(seconds: number): string {
  return `${dateText(seconds)}Z`;
}

/** As metav1.MicroTime writes it: six digits of fraction. */
export function microTimeText(seconds: number, nanos: number): string {
  const micros = String(Math.floor(nanos / 1_000)).padStart(6, "0");
  return `${dateText(seconds)}.${micros}Z`;
}

/** Throws `RangeError` beyond the year 9999, as Go does. */
function dateText(seconds: number): string {
  const text = new Date(seconds * 1_000).toISOString();
  if (text.length !== 24) throw new RangeError("year is outside of range [0,9999]");
  return text.slice(0, 19);
}

const units: readonly (readonly [string, number])[] = [
  ["h", 3_600_000 * nanosPerMilli],
  ["m", 60_000 * nanosPerMilli],
  ["s", 1_000 * nanosPerMilli],
  ["ms", nanosPerMilli],
  ["us", 1_000],
  ["µs", 1_000],
  ["ns", 1],
];

/** Nanoseconds of a Go duration such as `1h2m3.5s`. Throws `TypeError` on anything else. */
export function durationNanos(text: string): number {
  if (text === "0") return 0;
  const negative = text.startsWith("-");
  const body = text.replace(/^[+-]/, "");
  let total = 0;
  const rest = body.replace(/(\d+(?:\.\d*)?|\.\d+)(h|ms|us|µs|ns|m|s)/g, (_, amount, unit) => {
    total += Number(amount) * (units.find(([name]) => name === unit)?.[1] ?? 0);
    return "";
  });
  if (body === "" || rest !== "") throw new TypeError(`not a duration: ${text}`);
  return Math.round(negative ? -total : total);
}

/** A Go duration as Go prints it: `1h2m3s`, `1.5s`, `20ms`. */
export function durationText(nanos: number): string {
  if (nanos === 0) return "0s";
  const sign = nanos < 0 ? "-" : "";
  const size = Math.abs(nanos);
  const second = 1_000 * nanosPerMilli;
  if (size < 1_000) return `${sign}${size}ns`;
  if (size < nanosPerMilli) return `${sign}${size / 1_000}µs`;
  if (size < second) return `${sign}${size / nanosPerMilli}ms`;
  const hours = Math.floor(size / (3_600 * second));
  const minutes = Math.floor(size / (60 * second)) % 60;
  const fraction = String(size % second)
    .padStart(9, "0")
    .replace(/0+$/, "");
  const seconds = `${Math.floor(size / second) % 60}${fraction === "" ? "" : `.${fraction}`}`;
  const head = hours > 0 ? `${hours}h${minutes}m` : minutes > 0 ? `${minutes}m` : "";
  return `${sign}${head}${seconds}s`;
}
