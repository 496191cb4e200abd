/** Ends the processes that this one started when this one is gone, however it went. */
import { type ChildProcess, spawn } from "node:child_process";

/**
 * A shell that remembers the ids it is told and, once its input closes, ends what is left of them.
 * In a process group of its own, so that a signal to the whole group of a terminal spares it.
 */
const script = `ids=" "
while read -r verb id; do
  case $verb in
    watch) ids="$ids$id " ;;
    forget) ids=$(printf %s "$ids" | sed "s/ $id / /") ;;
  esac
done
for id in $ids; do kill "$id" 2>/dev/null; done`;

let shell: ChildProcess | undefined;

function tell(line: string): void {
  if (!shell) {
    shell = spawn("/bin/sh", ["-c", script], {
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
    });
    shell.on("error", () => undefined);
    shell.stdin?.on("error", () => undefined);
    // Neither the shell nor the pipe to it keeps this process alive.
    shell.unref();
    unref(shell.stdin);
  }
  shell.stdin?.write(`${line}\n`);
}

/** A pipe is a socket underneath, which the type of a child's input does not tell. */
function unref(stream: unknown): void {
  (stream as { unref?: () => void } | null)?.unref?.();
}

/** From now on that process does not outlive this one. */
export const guard = (pid: number): void => tell(`watch ${pid}`);

/** That process has ended: its id may pass on to another program. */
export const unguard = (pid: number): void => tell(`forget ${pid}`);
