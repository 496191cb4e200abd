/**
 * The terminal of a simulated shell: it shows what is typed, lets a line be corrected, and turns
 * line ends into what terminals want.
 */
import { type Process, printTo } from "../commands/process.ts";
import { Pipe } from "./pipe.ts";
import { Shell } from "./run.ts";

/** Characters of a line. */
const lineMax = 4_096;
const keys = { interrupt: 3, end: 4, backspace: 8, delete: 127, enter: 13, newline: 10, kill: 21 };

/** Output as a terminal gets it. */
export function forTerminal(write: Process["stdout"]): Process["stdout"] {
  return (data) => {
    const text = Buffer.from(data).toString("latin1").replaceAll(/\r?\n/g, "\r\n");
    return write(Buffer.from(text, "latin1"));
  };
}

/** What the keyboard says besides lines. */
const endOfInput = Buffer.alloc(0);
const interruption = Buffer.from([keys.interrupt]);
const isInterruption = (data: Uint8Array) => data.length === 1 && data[0] === keys.interrupt;

/**
 * Lines as they are typed, each key shown; an empty one for ^D on an empty line, and
 * `interruption` for ^C.
 */
export async function* typedLines(
  typed: AsyncIterable<Uint8Array>,
  show: (text: string) => Promise<boolean>,
): AsyncGenerator<Uint8Array> {
  let line: number[] = [];
  for await (const chunk of typed) {
    for (const key of chunk) {
      if (key === keys.enter || key === keys.newline) {
        await show("\n");
        yield Buffer.from([...line, keys.newline]);
        line = [];
      } else if (key === keys.end) {
        if (line.length === 0) yield endOfInput;
      } else if (key === keys.interrupt) {
        await show("^C\n");
        line = [];
        yield interruption;
      } else if (key === keys.kill) {
        await show("\b \b".repeat(line.length));
        line = [];
      } else if (key === keys.backspace || key === keys.delete) {
        if (line.pop() !== undefined) await show("\b \b");
      } else if (line.length < lineMax) {
        line.push(key);
        await show(String.fromCharCode(key));
      }
    }
  }
}

const promptOf = (cwd: string) => `${cwd === "/root" ? "~" : cwd} # `;

/** A shell that a user types into; resolves with its exit code. */
export async function runTerminal(process: Process): Promise<number> {
  const stdout = forTerminal(process.stdout);
  const show = (text: string) => printTo(stdout, text);
  const lines = new Pipe();
  const source = lines[Symbol.asyncIterator]();
  let interrupted = new AbortController();
  let interruptions = 0;
  const pump = async () => {
    for await (const line of typedLines(process.stdin, show)) {
      if (isInterruption(line)) {
        interruptions += 1;
        interrupted.abort();
        interrupted = new AbortController();
      }
      if (!(await lines.write(line))) return;
    }
    lines.end();
  };
  const shell = new Shell({
    ...process,
    stdout,
    stderr: stdout,
    // While a command runs, what is typed is its input.
    stdin: { [Symbol.asyncIterator]: () => untilEnd(source, () => (interruptions -= 1)) },
    get signal() {
      return AbortSignal.any([process.signal, interrupted.signal]);
    },
  });
  void pump();
  process.signal.addEventListener("abort", () => lines.end(), { once: true });
  while (await show(promptOf(shell.cwd))) {
    const { value: line, done } = await source.next();
    if (done || line.length === 0) break;
    if (isInterruption(line)) {
      interruptions -= 1;
      continue;
    }
    if ((await shell.run(Buffer.from(line).toString())) === "exited") break;
    // What was typed before ^C is thrown away.
    while (interruptions > 0) {
      const { value, done: isOver } = await source.next();
      if (isOver || isInterruption(value)) interruptions -= 1;
    }
  }
  lines.close();
  return shell.lastCode;
}

async function* untilEnd(
  source: AsyncIterator<Uint8Array>,
  onInterruption: () => void,
): AsyncGenerator<Uint8Array> {
  while (true) {
    const { value, done } = await source.next();
    if (done || value.length === 0) return;
    if (isInterruption(value)) return onInterruption();
    yield value;
  }
}
