/** What a simulated container does: from its command, or scripted by annotations. Pure. */
import type { Container, Pod } from "#proto/gen/k8s/core/v1.ts";

/** The life of one start of a container. */
export interface Script {
  /** Milliseconds from the start to the exit; undefined: it runs until it is stopped. */
  readonly exitAfterMs: number | undefined;
  readonly exitCode: number;
  /** Lines that it writes when it starts. */
  readonly output: readonly string[];
  /** Set when it cannot be started. */
  readonly failure: { readonly reason: string; readonly message: string } | undefined;
}

/**
 * Annotations of the pod that script its containers; with `.<container>` behind the name for one of
 * them. A list separated by commas gives one value a start, the last for all that follow.
 */
export const annotations = {
  /** Milliseconds until the container exits; `never`. */
  exitAfterMs: "simulated.kubus.io/exit-after-ms",
  exitCode: "simulated.kubus.io/exit-code",
  /** Text that the container writes, lines separated by "\n". */
  output: "simulated.kubus.io/output",
  /** A waiting reason (ErrImagePull, …) with which the start fails; `none`. */
  failure: "simulated.kubus.io/start-failure",
} as const;

const runsOn = { exitAfterMs: undefined, exitCode: 0, output: [], failure: undefined };

/** Annotations count more than the command; `attempt` chooses from lists, from 0. */
export function scriptOf(pod: Pod, container: Container, attempt: number): Script {
  const words = [...(container.command ?? []), ...(container.args ?? [])];
  const script = scriptOfCommand(words);
  const command = isInitStep(pod, container) ? endingSoon(script) : script;
  const read = (name: string) => annotationFor(pod, container, name, attempt);
  const after = read(annotations.exitAfterMs);
  const code = read(annotations.exitCode);
  const output = read(annotations.output);
  return {
    exitAfterMs: exitAfter(command, after, code),
    exitCode: code === undefined ? command.exitCode : Number(code),
    output: output === undefined ? command.output : output.split("\n"),
    failure: failureOf(container, read(annotations.failure)),
  };
}

function failureOf({ image = "" }: Container, scripted: string | undefined): Script["failure"] {
  if (scripted === "none") return undefined;
  if (scripted !== undefined) {
    return { reason: scripted, message: `${image}: scripted ${scripted}` };
  }
  // Names below .invalid never resolve (RFC 6761): what an image that is not there looks like.
  const [, host] = /^([^/:]+\.invalid)(?::\d+)?\//.exec(image) ?? [];
  if (host === undefined) return undefined;
  return { reason: "ErrImagePull", message: `lookup ${host}: no such host` };
}

/** An init container that is there to end, unlike a sidecar. */
function isInitStep({ spec }: Pod, { name, restartPolicy }: Container): boolean {
  const isInit = spec?.initContainers?.some((each) => each.name === name) === true;
  return isInit && restartPolicy !== "Always";
}

/** What is waited for (a network, another service) is not there: an init step just succeeds. */
const endingSoon = (script: Script): Script => ({
  ...script,
  exitAfterMs: script.exitAfterMs ?? 0,
});

function exitAfter(
  command: Script,
  after: string | undefined,
  code: string | undefined,
): number | undefined {
  if (after === "never") return undefined;
  if (after !== undefined) return Number(after);
  // Who scripts an exit code means the container to exit.
  return command.exitAfterMs ?? (code === undefined ? undefined : 0);
}

function annotationFor(
  { metadata }: Pod,
  { name = "" }: Container,
  annotation: string,
  attempt: number,
): string | undefined {
  const all = metadata?.annotations ?? {};
  const text = all[`${annotation}.${name}`] ?? all[annotation];
  if (text === undefined || annotation === annotations.output) return text;
  const values = text.split(",").map((value) => value.trim());
  return values[Math.min(attempt, values.length - 1)];
}

/** Understands what examples use: true, false, echo, sleep, exit, and `sh -c` of those. */
function scriptOfCommand(words: readonly string[]): Script {
  const [program = "", ...rest] = words;
  const isShell = /(^|\/)(ba|a|da)?sh$/.test(program);
  const flag = rest.findIndex((word) => /^-[a-z]*c$/.test(word));
  if (isShell && flag >= 0) return scriptOfShell(rest[flag + 1] ?? "");
  return scriptOfWords(words) ?? runsOn;
}

/** Simple commands one after the other; anything else runs on. */
function scriptOfShell(text: string): Script {
  const output: string[] = [];
  let exitAfterMs = 0;
  let exitCode = 0;
  for (const part of text.split(/;|&&|\n/)) {
    const words = part.trim().split(/\s+/).filter(Boolean).map(unquoted);
    if (words.length === 0) continue;
    const script = scriptOfWords(words);
    if (!script) return { ...runsOn, output };
    output.push(...script.output);
    if (script.exitAfterMs === undefined) return { ...runsOn, output };
    exitAfterMs += script.exitAfterMs;
    exitCode = script.exitCode;
    if (words[0] === "exit") break;
  }
  return { exitAfterMs, exitCode, output, failure: undefined };
}

const unquoted = (word: string) => word.replace(/^["']|["']$/g, "");

function scriptOfWords([program = "", ...words]: readonly string[]): Script | undefined {
  const name = program.slice(program.lastIndexOf("/") + 1);
  const ends = { exitAfterMs: 0, exitCode: 0, output: [], failure: undefined };
  switch (name) {
    case "true":
    case ":":
      return ends;
    case "false":
      return { ...ends, exitCode: 1 };
    case "echo":
      return { ...ends, output: [words.join(" ")] };
    case "exit":
      return { ...ends, exitCode: Number(words[0] ?? 0) };
    case "sleep":
      return { ...ends, exitAfterMs: sleepMs(words[0] ?? "") };
    default:
      return undefined;
  }
}

const unitMs: Readonly<Record<string, number>> = {
  "": 1_000,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** `sleep infinity`, and what sleep would not understand, never ends. */
export function sleepMs(text: string): number | undefined {
  const [, amount, unit = ""] = /^([0-9.]+)([smhd]?)$/.exec(text) ?? [];
  return amount === undefined ? undefined : Number(amount) * (unitMs[unit] ?? 1_000);
}
