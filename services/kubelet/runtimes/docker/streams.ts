/** Commands, attachment and forwarded ports of containers in Docker. */
import type { Duplex } from "node:stream";
import type Docker from "dockerode";
import type {
  ForwardedConnection,
  ProcessStreams,
  RuntimePod,
  RuntimeStreams,
} from "../../runtime.ts";
import { forwardInside } from "./forward.ts";
import { framesOf } from "./logs.ts";
import { isProcessOf, killProcess } from "./processes.ts";
import { messageOf } from "./refusal.ts";
import { scheme } from "./state.ts";

const dockerId = (id: string) => (id.startsWith(scheme) ? id.slice(scheme.length) : id);

/** Ids are those of the runtime's containers. */
export class DockerStreams implements RuntimeStreams {
  readonly #docker: Docker;

  constructor(docker: Docker) {
    this.#docker = docker;
  }

  async exec(id: string, command: readonly string[], streams: ProcessStreams): Promise<number> {
    const containerId = dockerId(id);
    const { tty, stdin } = streams;
    const exec = await refusedBy(() =>
      this.#docker.getContainer(containerId).exec({
        Cmd: [...command],
        AttachStdin: stdin !== undefined,
        AttachStdout: true,
        AttachStderr: true,
        Tty: tty,
      }),
    );
    const options = { hijack: true, stdin: stdin !== undefined, Tty: tty };
    const connection = await refusedBy(() => exec.start(options));
    // Docker leaves a command running whose connection is closed.
    const end = () => {
      connection.destroy();
      void killExec(exec, containerId);
    };
    const forget = whenLeft(streams, end);
    resizing(streams, ({ width, height }) => exec.resize({ w: width, h: height }));
    await passOn(connection, streams);
    forget();
    const { ExitCode: code } = await exec.inspect();
    return code ?? 0;
  }

  async attach(id: string, streams: ProcessStreams): Promise<void> {
    const container = this.#docker.getContainer(dockerId(id));
    const { Config } = await refusedBy(() => container.inspect());
    const stdin = streams.stdin !== undefined && Config.OpenStdin;
    const options = { stream: true, stdin, stdout: true, stderr: true, hijack: true };
    const connection = (await refusedBy(() => container.attach(options))) as unknown as Duplex;
    const forget = whenLeft(streams, () => connection.destroy());
    resizing(streams, ({ width, height }) => container.resize({ w: width, h: height }));
    await passOn(connection, {
      ...streams,
      tty: Config.Tty,
      stdin: stdin ? streams.stdin : undefined,
    });
    forget();
  }

  async portForward(
    { sandboxId, ip = "" }: RuntimePod,
    port: number,
    connection: ForwardedConnection,
  ): Promise<void> {
    const id = dockerId(sandboxId);
    const { State } = await refusedBy(() => this.#docker.getContainer(id).inspect());
    const isHere = await isProcessOf(State.Pid, id);
    await forwardInside({ pid: isHere ? State.Pid : undefined, ip, port }, connection);
  }
}

/** Runs what a user's leaving means; returns what forgets about it. */
function whenLeft({ signal }: ProcessStreams, leave: () => void): () => void {
  if (signal.aborted) leave();
  signal.addEventListener("abort", leave, { once: true });
  return () => signal.removeEventListener("abort", leave);
}

/** A size that comes too early or too late changes nothing. */
function resizing(
  { tty, onSize }: ProcessStreams,
  resize: (size: { readonly width: number; readonly height: number }) => Promise<unknown>,
): void {
  if (tty) onSize((size) => void resize(size).catch(() => undefined));
}

/** Both directions, until the engine has no more output. */
async function passOn(connection: Duplex, streams: ProcessStreams): Promise<void> {
  const { stdin, stdout, stderr, tty, signal } = streams;
  connection.on("error", () => undefined);
  if (stdin) void feed(connection, stdin);
  try {
    if (tty) {
      for await (const data of connection as AsyncIterable<Buffer>) {
        if (!(await stdout(data))) return;
      }
      return;
    }
    for await (const { stream, data } of framesOf(connection as AsyncIterable<Buffer>)) {
      const isRead = await (stream === "stderr" ? stderr : stdout)(data);
      if (!isRead) return;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    connection.destroy();
  }
}

async function feed(connection: Duplex, stdin: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const data of stdin) {
    if (connection.destroyed || connection.writableEnded) return;
    if (connection.write(data)) continue;
    await new Promise<void>((resolve) => {
      connection.once("drain", resolve);
      connection.once("close", resolve);
    });
  }
  connection.end();
}

async function killExec(exec: Docker.Exec, containerId: string): Promise<void> {
  try {
    const { Pid: pid, Running: isRunning } = await exec.inspect();
    if (isRunning && (await isProcessOf(pid, containerId))) killProcess(pid);
  } catch {
    // The container, or the engine, went as well.
  }
}

/** In the engine's own words. */
async function refusedBy<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new Error(messageOf(error), { cause: error });
  }
}
