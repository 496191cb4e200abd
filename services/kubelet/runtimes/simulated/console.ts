/** The own process of a simulated container that reads: a shell, `cat`, whatever is attached to. */
import type { ProcessStreams } from "../../runtime.ts";
import type { Process } from "./commands/process.ts";
import { isShell, runWords } from "./shell/run.ts";
import { Pipe } from "./shell/pipe.ts";
import { forTerminal, runTerminal, typedLines } from "./shell/terminal.ts";

export interface ConsoleOptions {
  readonly words: readonly string[];
  readonly tty: boolean;
  /** The end of the first one who is attached is the end of its input. */
  readonly isOnce: boolean;
  readonly process: Omit<Process, "args" | "stdin" | "stdout" | "stderr">;
  /** Everything that it writes. */
  readonly log: (data: Uint8Array, stream: "stdout" | "stderr") => void;
  readonly onExit: (exitCode: number) => void;
}

/** Runs from the first attachment on; who is attached sees what it writes from then on. */
export class Console {
  readonly #options: ConsoleOptions;
  readonly #input = new Pipe();
  readonly #attached = new Set<ProcessStreams>();
  #running: Promise<void> | undefined;

  constructor(options: ConsoleOptions) {
    this.#options = options;
  }

  /** Resolves when the process ends, or the user leaves. */
  async attach(streams: ProcessStreams): Promise<void> {
    const left = new Promise<void>((resolve) => {
      if (streams.signal.aborted) resolve();
      streams.signal.addEventListener("abort", () => resolve(), { once: true });
    });
    this.#attached.add(streams);
    this.#running ??= this.#run();
    if (streams.stdin) void this.#feed(streams.stdin);
    await Promise.race([left, this.#running]);
    this.#attached.delete(streams);
  }

  async #feed(stdin: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const data of stdin) if (!(await this.#input.write(data))) return;
    if (this.#options.isOnce) this.#input.end();
  }

  async #run(): Promise<void> {
    const { process, words, tty, onExit } = this.#options;
    const own = {
      ...process,
      args: [],
      stdin: this.#input,
      stdout: (data: Uint8Array) => this.#write(data, "stdout"),
      stderr: (data: Uint8Array) => this.#write(data, "stderr"),
    };
    onExit(await runProcess(words, own, tty));
  }

  async #write(data: Uint8Array, stream: "stdout" | "stderr"): Promise<boolean> {
    this.#options.log(data, stream);
    await Promise.all([...this.#attached].map((streams) => streams[stream](data)));
    return true;
  }
}

/** A command with or without a terminal; resolves with its exit code. */
export function runProcess(
  words: readonly string[],
  process: Process,
  tty: boolean,
): Promise<number> {
  if (!tty) return runWords(words, process);
  const reads = !words.some((word) => /^-[a-z]*c$/.test(word));
  if (isShell(words[0] ?? "") && reads) return runTerminal(process);
  const stdout = forTerminal(process.stdout);
  const show = (text: string) => stdout(Buffer.from(text));
  const stdin = typedLines(process.stdin, show);
  return runWords(words, { ...process, stdin, stdout, stderr: stdout });
}
