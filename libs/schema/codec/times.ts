/** Times and durations between Kubernetes' texts and protobuf's numbers: pure. */

const nanosPerMilli = 1_000_000;
const timePattern =
  /^(\d{4,})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:\d\d)$/;

/** Whether a text is an RFC 3339 time. */
export function isTime(text: string): boolean {
  return timePattern.test(text) && !Number.isNaN(Date.parse(text));
}

/** Seconds since 1970 and nanoseconds. Throws `TypeError` on anything else than RFC 3339. */
export function instantOf(text: string): { readonly seconds: number; readonly nanos: number } {
  const match = timePattern.exec(text);
  const milliseconds = Date.parse(text);
  if (!match || Number.isNaN(milliseconds)) throw new TypeError(`not a time: ${text}`);
  const nanos = Number((match[7] ?? "").padEnd(9, "0"));
  return { seconds: Math.floor(milliseconds / 1_000), nanos };
}

/** As metav1.Time writes it: whole seconds, UTC. */
export function timeText(seconds: number): string {
  return `${new Date(seconds * 1_000).toISOString().slice(0, 19)}Z`;
}

/** As metav1.MicroTime writes it: six digits of fraction. */
export function microTimeText(seconds: number, nanos: number): string {
  const micros = String(Math.floor(nanos / 1_000)).padStart(6, "0");
  return `${new Date(seconds * 1_000).toISOString().slice(0, 19)}.${micros}Z`;
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
  const seconds = (size % (60 * second)) / second;
  const head = hours > 0 ? `${hours}h${minutes}m` : minutes > 0 ? `${minutes}m` : "";
  return `${sign}${head}${seconds}s`;
}
