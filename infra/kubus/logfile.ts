/** Lines of the cluster's log: which of them concern an actor, and how a person reads them. */

export interface LogLine {
  /** pino's: 30 is info, 40 a warning, 50 an error. */
  readonly level: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly component?: string;
  readonly instance?: string;
  readonly msg?: string;
  readonly [field: string]: unknown;
}

/** Undefined for a line that is no JSON object, such as a stack trace of a crashed process. */
export function parseLine(text: string): LogLine | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return undefined;
  }
}

/** `scheduler` is a component, `kubelet/kubus-node-1` one instance of it; undefined is all. */
export function concerns(line: LogLine, actor: string | undefined): boolean {
  if (actor === undefined) return true;
  const [component, instance] = actor.split("/");
  return line.component === component && (instance === undefined || line.instance === instance);
}

const levels: Readonly<Record<number, string>> = {
  10: "TRACE",
  20: "DEBUG",
  30: "INFO",
  40: "WARN",
  50: "ERROR",
  60: "FATAL",
};

/** `2026-01-02T03:04:05.678Z INFO  scheduler/0 bound pod=default/web-1` */
export function lineText(line: LogLine): string {
  const { level, time, component = "", instance, msg = "" } = line;
  const who = instance === undefined ? component : `${component}/${instance}`;
  const fields = otherFields(line).map(([name, value]) => `${name}=${valueText(value)}`);
  const grade = (levels[level] ?? String(level)).padEnd(5);
  return [new Date(time).toISOString(), grade, who, msg, ...fields].join(" ");
}

function valueText(value: unknown): string {
  if (typeof value === "string") return /\s/.test(value) ? JSON.stringify(value) : value;
  return JSON.stringify(value) ?? "";
}

const shownElsewhere = new Set([
  "level",
  "time",
  "component",
  "instance",
  "msg",
  "pid",
  "hostname",
]);

const otherFields = (line: LogLine) =>
  Object.entries(line).filter(([name]) => !shownElsewhere.has(name));
