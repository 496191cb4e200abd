/** Runs what the parser understood, with the simulated commands. */
import { type Command, CommandError, type Process, printTo } from "../commands/process.ts";
import { commands, programName } from "../commands/table.ts";
import { FileError, resolvePath } from "../files/tree.ts";
import {
  parseShell,
  type Redirect,
  ShellSyntaxError,
  type Simple,
  type Step,
  type Word,
} from "./parse.ts";
import { Pipe } from "./pipe.ts";

const notFoundCode = 127;
const syntaxCode = 2;
const shellNames = new Set(["sh", "bash", "ash", "dash"]);
/** Shells that shells start. */
const depthMax = 20;

export const isShell = (word: string): boolean => shellNames.has(programName(word));

/** `exit` was said. */
class Exit extends Error {
  readonly code: number;

  constructor(code: number) {
    super("exit");
    this.code = code;
  }
}

/** A shell's memory: variables, folder, and what became of the last command. */
export class Shell {
  readonly #process: Process;
  readonly #depth: number;
  readonly #variables: Map<string, string>;
  #cwd: string;
  #lastCode = 0;

  constructor(process: Process, depth = 0) {
    this.#process = process;
    this.#depth = depth;
    this.#variables = new Map(Object.entries(process.env));
    this.#cwd = process.cwd;
  }

  get cwd(): string {
    return this.#cwd;
  }

  get lastCode(): number {
    return this.#lastCode;
  }

  /** Runs lines of text; true when the shell is to end. Errors are printed. */
  async run(text: string): Promise<"goesOn" | "exited"> {
    try {
      for (const step of parseShell(text)) {
        if (this.#process.signal.aborted) return "exited";
        if (!this.#applies(step)) continue;
        const code = await this.#runPipeline(step.pipeline);
        this.#lastCode = step.isNegated ? Number(code === 0) : code;
      }
      return "goesOn";
    } catch (error) {
      if (error instanceof Exit) {
        this.#lastCode = error.code;
        return "exited";
      }
      if (!(error instanceof ShellSyntaxError)) throw error;
      await printTo(this.#process.stderr, `sh: ${error.message}\n`);
      this.#lastCode = syntaxCode;
      return "goesOn";
    }
  }

  #applies({ when }: Step): boolean {
    return when === "always" || (when === "succeeded") === (this.#lastCode === 0);
  }

  async #runPipeline(pipeline: readonly Simple[]): Promise<number> {
    const pipes = pipeline.slice(1).map(() => new Pipe());
    const codes = pipeline.map(async (simple, index) => {
      const input = pipes[index - 1];
      const output = pipes[index];
      try {
        return await this.#runSimple(simple, {
          ...this.#process,
          stdin: input ?? this.#process.stdin,
          stdout: output ? (data) => output.write(data) : this.#process.stdout,
        });
      } finally {
        input?.close();
        output?.end();
      }
    });
    return (await Promise.all(codes)).at(-1) ?? 0;
  }

  async #runSimple(simple: Simple, around: Process): Promise<number> {
    const words = simple.words.flatMap((word) => this.#expand(word));
    const assigned = simple.assignments.map(
      ({ name, value }) => [name, this.#expand(value).join(" ")] as const,
    );
    let process: Process;
    try {
      process = this.#redirected(simple.redirects, around);
    } catch (error) {
      await printTo(around.stderr, `sh: ${(error as Error).message}\n`);
      return 1;
    }
    const [name, ...args] = words;
    if (name === undefined) {
      for (const [variable, value] of assigned) this.#variables.set(variable, value);
      return 0;
    }
    const env = { ...Object.fromEntries(this.#variables), ...Object.fromEntries(assigned) };
    const own = this.#builtin(name, args);
    if (own !== undefined) return own;
    return runWords(words, { ...process, env, cwd: this.#cwd }, this.#depth + 1);
  }

  /** What changes the shell itself; undefined for any other word. */
  #builtin(name: string, args: readonly string[]): number | undefined {
    const { files } = this.#process.around;
    switch (name) {
      case "exit":
        throw new Exit(Number(args[0] ?? this.#lastCode) || 0);
      case "cd": {
        const path = resolvePath(this.#cwd, args[0] ?? "/root");
        if (!files.has(path) || files.get(path).type !== "folder") {
          void printTo(
            this.#process.stderr,
            `sh: cd: can't cd to ${args[0] ?? ""}: No such file or directory\n`,
          );
          return 2;
        }
        this.#cwd = path;
        return 0;
      }
      case "export":
      case "unset":
        for (const arg of args) {
          const [variable = "", ...value] = arg.split("=");
          if (name === "unset") this.#variables.delete(variable);
          else if (value.length > 0) this.#variables.set(variable, value.join("="));
        }
        return 0;
      case "set":
      case "trap":
      case "umask":
        return 0;
      default:
        return undefined;
    }
  }

  #redirected(redirects: readonly Redirect[], process: Process): Process {
    let changed = process;
    const { files } = process.around;
    for (const { from, how, target } of redirects) {
      if (how === "toStdout") changed = { ...changed, stderr: changed.stdout };
      else if (how === "toStderr") changed = { ...changed, stdout: changed.stderr };
      else {
        const name = this.#expand(target).join(" ");
        changed = redirect(changed, from, how, {
          name,
          path: resolvePath(this.#cwd, name),
          files,
        });
      }
    }
    return changed;
  }

  /** Variables outside of quotes fall apart at blanks, and vanish when they are empty. */
  #expand(word: Word): string[] {
    const parts: string[] = [];
    let isOpen = false;
    const add = (text: string) => {
      if (isOpen) parts[parts.length - 1] += text;
      else parts.push(text);
      isOpen = true;
    };
    for (const piece of word) {
      if (piece.type === "text") add(piece.text);
      else if (piece.isQuoted) add(this.#value(piece.name));
      else {
        for (const [index, part] of this.#value(piece.name).split(/\s+/).entries()) {
          if (index > 0) isOpen = false;
          if (part !== "") add(part);
        }
      }
    }
    return parts;
  }

  #value(name: string): string {
    if (name === "?") return String(this.#lastCode);
    if (name === "$") return "1";
    if (name === "#") return "0";
    return this.#variables.get(name) ?? "";
  }
}

interface Target {
  readonly name: string;
  readonly path: string;
  readonly files: Process["around"]["files"];
}

function redirect(
  process: Process,
  from: Redirect["from"],
  how: "read" | "replace" | "append",
  { name, path, files }: Target,
): Process {
  try {
    if (how === "read") return { ...process, stdin: chunksOf(files.file(path).chunks) };
    if (path === "/dev/null") return { ...process, [from]: () => Promise.resolve(true) };
    const file = files.open(path, how);
    const write = (data: Uint8Array) => {
      files.append(file, data);
      return Promise.resolve(true);
    };
    return { ...process, [from]: write };
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new CommandError(`can't ${how === "read" ? "open" : "create"} ${name}: ${error.message}`);
  }
}

async function* chunksOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

/** Whether words can be run: a scripted command, a known one, or a shell. */
export function isKnown(words: readonly string[], { around }: Pick<Process, "around">): boolean {
  const name = programName(words[0] ?? "");
  return around.scripted(words) !== undefined || commands.has(name) || shellNames.has(name);
}

/** Runs one command; resolves with its exit code. */
export async function runWords(
  words: readonly string[],
  process: Process,
  depth = 0,
): Promise<number> {
  const [word = "", ...args] = words;
  const name = programName(word);
  const scripted = process.around.scripted(words);
  if (scripted) {
    const { world } = process.around;
    await world.sleep(scripted.delayMs, process.signal).catch(() => undefined);
    if (scripted.stdout !== "") await printTo(process.stdout, scripted.stdout);
    if (scripted.stderr !== "") await printTo(process.stderr, scripted.stderr);
    return scripted.exitCode;
  }
  if (shellNames.has(name)) return runShell(args, process, depth);
  if (name === "exec" && args.length > 0) return runWords(args, process, depth);
  const command = commands.get(name);
  if (command) return runCommand(name, command, { ...process, args });
  await printTo(process.stderr, `sh: ${word}: not found\n`);
  return notFoundCode;
}

async function runCommand(name: string, command: Command, process: Process): Promise<number> {
  try {
    return await command(process);
  } catch (error) {
    if (error instanceof Error && process.signal.aborted) return 143;
    if (!(error instanceof Error)) throw error;
    await printTo(process.stderr, `${name}: ${error.message}\n`);
    return error instanceof CommandError ? error.exitCode : 1;
  }
}

/** `sh -c text`, or a shell that reads its input. */
async function runShell(args: readonly string[], process: Process, depth: number): Promise<number> {
  if (depth > depthMax) throw new CommandError("too many shells");
  const shell = new Shell(process, depth);
  const flag = args.findIndex((arg) => /^-[a-z]*c$/.test(arg));
  if (flag >= 0) {
    await shell.run(args[flag + 1] ?? "");
    return shell.lastCode;
  }
  let rest = "";
  for await (const chunk of process.stdin) {
    rest += Buffer.from(chunk).toString();
    const end = rest.lastIndexOf("\n");
    const lines = rest.slice(0, end + 1);
    rest = rest.slice(end + 1);
    if (lines !== "" && (await shell.run(lines)) === "exited") return shell.lastCode;
  }
  await shell.run(rest);
  return shell.lastCode;
}
