/** What users do with simulated containers: commands, attachment, forwarded ports. */
import type { World } from "#libs/actor/world.ts";
import type { Container, Pod } from "#proto/gen/k8s/core/v1.ts";
import type {
  ForwardedConnection,
  ProcessStreams,
  RuntimePod,
  RuntimeStreams,
  TerminalSize,
} from "../../runtime.ts";
import type { Sources } from "../../sources.ts";
import { commandScriptOf } from "./answers.ts";
import type { Surroundings } from "./commands/process.ts";
import { Console, runProcess } from "./console.ts";
import { hostnameOf, type Inside, makeInside, type SharedFiles } from "./inside.ts";
import type { SimulatedLog } from "./log.ts";
import { serveConnection } from "./ports.ts";
import { isKnown, isShell } from "./shell/run.ts";

const killedCode = 137;

/** A running simulated container, as its streams need it. */
export interface Inhabited {
  readonly id: string;
  readonly pod: Pod;
  readonly container: Container;
  readonly podIp: string;
  readonly shared: SharedFiles;
  readonly log: SimulatedLog;
  /** Aborted when the container ends. */
  readonly ended: AbortSignal;
  readonly exit: (exitCode: number) => void;
}

export interface StreamsOptions {
  readonly world: World;
  readonly sources: () => Sources | undefined;
  /** Undefined for one that does not run. */
  readonly find: (containerId: string) => Inhabited | undefined;
  readonly findPod: (uid: string) => Pod | undefined;
}

export class SimulatedStreams implements RuntimeStreams {
  readonly #options: StreamsOptions;
  /** By container id; both go with the container. */
  readonly #insides = new WeakMap<Inhabited, Promise<Inside>>();
  readonly #consoles = new WeakMap<Inhabited, Console>();

  constructor(options: StreamsOptions) {
    this.#options = options;
  }

  async exec(id: string, command: readonly string[], streams: ProcessStreams): Promise<number> {
    const owner = this.#find(id);
    const { files, env, cwd } = await this.#inside(owner);
    const around = this.#surroundings(owner, files, sizeOf(streams));
    const [word = ""] = command;
    if (!isKnown(command, { around })) throw new Error(this.#notFound(word));
    const signal = AbortSignal.any([streams.signal, owner.ended]);
    const process = {
      args: [],
      env: streams.tty ? { ...env, TERM: "xterm" } : env,
      cwd,
      stdin: streams.stdin ?? nothing,
      stdout: streams.stdout,
      stderr: streams.stderr,
      around,
      signal,
    };
    return Promise.race([runProcess(command, process, streams.tty), whenAborted(owner.ended)]);
  }

  async attach(id: string, streams: ProcessStreams): Promise<void> {
    const owner = this.#find(id);
    const words = [...(owner.container.command ?? []), ...(owner.container.args ?? [])];
    const { files, env, cwd } = await this.#inside(owner);
    const around = this.#surroundings(owner, files, sizeOf(streams));
    const program = words.length > 0 ? words : ["sh"];
    if (owner.container.stdin !== true || !isReader(program, around)) {
      return followLog(owner, streams);
    }
    const { tty = false, stdinOnce = false } = owner.container;
    const own = { env: tty ? { ...env, TERM: "xterm" } : env, cwd, around, signal: owner.ended };
    const options = { words: program, tty, isOnce: stdinOnce, process: own, onExit: owner.exit };
    const known = this.#consoles.get(owner);
    const lines = new LineWriter(owner.log, () => this.#options.world.now());
    const log = lines.write.bind(lines);
    const console = known ?? new Console({ ...options, log });
    this.#consoles.set(owner, console);
    return console.attach(streams);
  }

  async portForward(
    { uid }: RuntimePod,
    port: number,
    connection: ForwardedConnection,
  ): Promise<void> {
    const pod = this.#options.findPod(uid);
    if (pod) await serveConnection(pod, port, connection);
  }

  #find(id: string): Inhabited {
    const found = this.#options.find(id);
    if (!found) throw new Error("the container is not running");
    return found;
  }

  #inside(owner: Inhabited): Promise<Inside> {
    const known = this.#insides.get(owner);
    if (known) return known;
    const { world, sources } = this.#options;
    const made = makeInside({ ...owner, world, sources: sources() });
    this.#insides.set(owner, made);
    return made;
  }

  #surroundings(
    { pod, container, exit }: Inhabited,
    files: Inside["files"],
    size: () => TerminalSize | undefined,
  ): Surroundings {
    const { world } = this.#options;
    return {
      world,
      files,
      size,
      hostname: hostnameOf(pod),
      endContainer: (signal) => exit(128 + signal),
      scripted: (words) => commandScriptOf(pod, container.name ?? "", words),
    };
  }

  /** In the words of containerd and runc. */
  #notFound(word: string): string {
    const why = word.includes("/")
      ? `stat ${word}: no such file or directory`
      : "executable file not found in $PATH";
    return (
      `failed to exec in container: failed to start exec "${this.#options.world.uuid()}": ` +
      "OCI runtime exec failed: exec failed: unable to start container process: " +
      `exec: ${JSON.stringify(word)}: ${why}: unknown`
    );
  }
}

function sizeOf(streams: ProcessStreams): () => TerminalSize | undefined {
  let last: TerminalSize | undefined;
  streams.onSize((size) => (last = size));
  return () => last;
}

/** A process that does something with what is typed. */
const isReader = (words: readonly string[], around: Surroundings): boolean =>
  isKnown(words, { around }) && (isShell(words[0] ?? "") || words[0] === "cat");

/** A process that reads nothing only shows what it writes. */
async function followLog({ log }: Inhabited, { stdout, signal }: ProcessStreams): Promise<void> {
  const options = { follow: true, timestamps: false, tailLines: 0 };
  for await (const data of log.read(options, signal)) if (!(await stdout(data))) return;
}

const nothing: AsyncIterable<Uint8Array> = {
  [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ value: undefined, done: true }) }),
};

function whenAborted(signal: AbortSignal): Promise<number> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(killedCode);
    signal.addEventListener("abort", () => resolve(killedCode), { once: true });
  });
}

/** Characters of a line that is not complete. */
const lineMax = 16 * 1024;

/** Puts what a process writes into its log, line by line. */
class LineWriter {
  readonly #log: SimulatedLog;
  readonly #now: () => number;
  #rest = "";

  constructor(log: SimulatedLog, now: () => number) {
    this.#log = log;
    this.#now = now;
  }

  write(data: Uint8Array, stream: "stdout" | "stderr"): void {
    const lines = (this.#rest + Buffer.from(data).toString()).split("\n");
    this.#rest = (lines.pop() ?? "").slice(-lineMax);
    for (const line of lines) this.#log.write(line.replace(/\r$/, ""), this.#now(), stream);
  }
}
