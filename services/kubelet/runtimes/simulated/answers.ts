/** Annotations that script how simulated containers answer: commands, and connections. Pure. */
import type { Pod } from "#proto/gen/k8s/core/v1.ts";
import type { ScriptedCommand } from "./commands/process.ts";

export const answerAnnotations = {
  /**
   * JSON: what commands do, by their words joined with blanks, or by their first word:
   * `{"psql -c select": {"stdout": "1\n", "exitCode": 0, "delayMs": 100}}`.
   */
  exec: "simulated.kubus.io/exec",
  /**
   * JSON: what listens, by port: `"echo"`, `"closed"`, or an answer to every HTTP request,
   * `{"80": {"status": 200, "headers": {}, "body": "…"}}`.
   */
  ports: "simulated.kubus.io/ports",
} as const;

export type PortScript =
  | { readonly type: "closed" }
  | { readonly type: "echo" }
  | {
      readonly type: "http";
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      /** Undefined: it tells who was asked for what. */
      readonly body: string | undefined;
    };

const delayMsMax = 600_000;
const closed: PortScript = { type: "closed" };
const plainHttp: PortScript = { type: "http", status: 200, headers: {}, body: undefined };

/** What the pod's annotation says of a command; undefined for any other command. */
export function commandScriptOf(
  pod: Pod,
  container: string,
  words: readonly string[],
): ScriptedCommand | undefined {
  const scripts = jsonOf(pod, `${answerAnnotations.exec}.${container}`);
  const all = scripts ?? jsonOf(pod, answerAnnotations.exec) ?? {};
  const found = all[words.join(" ")] ?? all[words[0] ?? ""];
  if (!isRecord(found)) return undefined;
  const { stdout, stderr, exitCode, delayMs } = found;
  return {
    stdout: typeof stdout === "string" ? stdout : "",
    stderr: typeof stderr === "string" ? stderr : "",
    exitCode: typeof exitCode === "number" ? exitCode & 0xff : 0,
    delayMs: typeof delayMs === "number" ? Math.min(Math.max(0, delayMs), delayMsMax) : 0,
  };
}

/** Ports that a container declares speak HTTP; nothing listens on the others. */
export function portScriptOf(pod: Pod, port: number): PortScript {
  const scripted = jsonOf(pod, answerAnnotations.ports)?.[String(port)];
  if (scripted === "closed") return closed;
  if (scripted === "echo") return { type: "echo" };
  if (isRecord(scripted)) {
    const { status, headers, body } = scripted;
    return {
      type: "http",
      status: isStatus(status) ? status : 200,
      headers: isRecord(headers) ? textsOf(headers) : {},
      body: typeof body === "string" ? body : undefined,
    };
  }
  const { containers = [], initContainers = [] } = pod.spec ?? {};
  const declared = [...containers, ...initContainers].flatMap(({ ports = [] }) => ports);
  return declared.some(({ containerPort }) => containerPort === port) ? plainHttp : closed;
}

function jsonOf({ metadata }: Pod, annotation: string): Record<string, unknown> | undefined {
  const text = metadata?.annotations?.[annotation];
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isStatus = (value: unknown): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= 200 && value <= 599;

const textsOf = (headers: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
