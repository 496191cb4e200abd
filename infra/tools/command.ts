/** Runs other programs and looks for them. */
import { spawn } from "node:child_process";
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";

export interface Outcome {
  /** Exit code; 127 when there is no such program, 124 when it took too long. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Milliseconds until the program is killed. Default 10,000. */
  readonly timeoutMs?: number;
}

/** What is kept of each stream, in bytes: enough for every answer and error that is read. */
const outputMax = 4 * 1024 * 1024;

/** Runs a program to its end without a shell and without input. Never rejects. */
export function capture(
  program: string,
  args: readonly string[],
  { cwd, env = process.env, timeoutMs = 10_000 }: CommandOptions = {},
): Promise<Outcome> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const stdio = ["ignore", "pipe", "pipe"] as const;
    const child = spawn(program, args, { cwd, env, stdio: [...stdio], signal });
    const read = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"] as const) {
      child[stream].setEncoding("utf8").on("data", (text: string) => {
        if (read[stream].length < outputMax) read[stream] += text;
      });
    }
    child.once("error", (error) => {
      resolve({ ...read, code: signal.aborted ? 124 : 127, stderr: read.stderr || error.message });
    });
    child.once("close", (code) => resolve({ ...read, code: code ?? 124 }));
  });
}

/** Thrown by {@link mustRun}. */
class CommandError extends Error {
  override readonly name = "CommandError";
}

/** Runs a program that has to succeed and gives its output; rejects with its last words. */
export async function mustRun(
  program: string,
  args: readonly string[],
  options?: CommandOptions,
): Promise<string> {
  const { code, stdout, stderr } = await capture(program, args, options);
  if (code === 0) return stdout;
  const lastWords = (stderr.trim() || stdout.trim()).split("\n").slice(-2).join(" ");
  throw new CommandError(`${program} ${args[0] ?? ""} failed (${code}): ${lastWords}`);
}

export async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** Every program of that name on the PATH and in the further folders, in that order. */
export async function programsNamed(
  name: string,
  path: string,
  furtherFolders: readonly string[] = [],
): Promise<string[]> {
  const folders = [...path.split(delimiter).filter(Boolean), ...furtherFolders];
  const files = [...new Set(folders.map((folder) => join(folder, name)))];
  const found = await Promise.all(files.map(isExecutable));
  return files.filter((_, index) => found[index]);
}
