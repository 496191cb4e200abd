/** What a simulated command works with. */
import type { World } from "#libs/actor/world.ts";
import type { TerminalSize } from "../../../runtime.ts";
import type { FileTree } from "../files/tree.ts";

/** Resolves when more can be written; false: nobody reads any more. */
export type Write = (data: Uint8Array) => Promise<boolean>;

/** The container that a command runs in. */
export interface Surroundings {
  readonly world: World;
  readonly hostname: string;
  readonly files: FileTree;
  /** Ends the container's own process with a signal. */
  readonly endContainer: (signal: number) => void;
  /** What its annotations say that a command does; undefined for any other. */
  readonly scripted: (words: readonly string[]) => ScriptedCommand | undefined;
  readonly size: () => TerminalSize | undefined;
}

/** A command that a user has scripted. */
export interface ScriptedCommand {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
  readonly delayMs: number;
}

export interface Process {
  /** Without the command's name. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly stdout: Write;
  readonly stderr: Write;
  readonly around: Surroundings;
  /** Aborted when the command is to end. */
  readonly signal: AbortSignal;
}

/** Resolves with the exit code; what it throws is printed, and the code is 1. */
export type Command = (process: Process) => Promise<number> | number;

/** A failure with words of its own, and an exit code. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

const encoder = new TextEncoder();

export const printTo = (write: Write, text: string): Promise<boolean> =>
  write(encoder.encode(text));

/** Flags as single letters, and the other words. `--` ends the flags; a lone `-` is no flag. */
export function splitFlags(args: readonly string[]): {
  readonly flags: ReadonlySet<string>;
  readonly words: readonly string[];
} {
  const flags = new Set<string>();
  const words: string[] = [];
  let onlyWords = false;
  for (const arg of args) {
    if (!onlyWords && arg === "--") onlyWords = true;
    else if (!onlyWords && /^-[A-Za-z0-9]/.test(arg))
      for (const flag of arg.slice(1)) flags.add(flag);
    else words.push(arg);
  }
  return { flags, words };
}
