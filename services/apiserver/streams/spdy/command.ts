/** A command's streams as streams of a SPDY connection. */
import { once } from "node:events";
import type { World } from "#libs/actor/world.ts";
import type { Ending } from "#libs/bus/session/index.ts";
import type { CommandClient, Ears } from "../command.ts";
import type { CommandOptions } from "../options.ts";
import type { StreamProtocol } from "../protocols.ts";
import { SizeReader } from "../sizes.ts";
import { endedStatus, statusBytes } from "../status.ts";
import type { SpdyConnection } from "./connection.ts";
import type { SpdyStream } from "./stream.ts";

/** Time that a client has to open the streams that it asked for. */
export const streamsMsMax = 30_000;

type StreamName = "error" | "stdin" | "stdout" | "stderr" | "resize";

/** The streams that the client has to open. */
export function expectedStreams(
  { stdin, stdout, stderr, tty }: CommandOptions,
  { canResize }: StreamProtocol,
): StreamName[] {
  const wanted: [StreamName, boolean][] = [
    ["error", true],
    ["stdin", stdin],
    ["stdout", stdout],
    ["stderr", stderr],
    ["resize", tty && canResize],
  ];
  return wanted.filter(([, isWanted]) => isWanted).map(([name]) => name);
}

/** Gathers streams by their type, until all are there that are expected. */
export class StreamGatherer {
  readonly #expected: readonly StreamName[];
  readonly #found = new Map<string, SpdyStream>();
  readonly #complete = new AbortController();

  constructor(expected: readonly StreamName[]) {
    this.#expected = expected;
  }

  /** What is wrong with the stream, or undefined. */
  add(stream: SpdyStream): string | undefined {
    const type = stream.headers.get("streamtype") ?? "";
    if (!this.#expected.some((name) => name === type)) return `unexpected stream type: "${type}"`;
    if (this.#found.has(type)) return `stream type "${type}" came twice`;
    this.#found.set(type, stream);
    if (this.#found.size === this.#expected.length) this.#complete.abort();
    return undefined;
  }

  get(name: StreamName): SpdyStream | undefined {
    return this.#found.get(name);
  }

  /** True when all are there; false when they do not come, or the connection is gone. */
  async isComplete(world: World, gone: AbortSignal): Promise<boolean> {
    const over = new AbortController();
    const cancel = world.after(streamsMsMax, () => over.abort());
    const end = AbortSignal.any([this.#complete.signal, over.signal, gone]);
    if (!end.aborted) await once(end, "abort");
    cancel();
    return this.#complete.signal.aborted;
  }
}

/** The client behind the connection. */
export function spdyClient(
  connection: SpdyConnection,
  streams: StreamGatherer,
  options: CommandOptions,
  { hasStatus }: StreamProtocol,
): CommandClient {
  const writer = (name: "stdout" | "stderr") => {
    const stream = streams.get(name);
    return stream && ((data: Uint8Array) => stream.write(data));
  };
  return {
    stdout: writer("stdout"),
    stderr: writer("stderr"),
    signal: connection.signal,
    listen: (ears) => {
      const [stdin, resize] = [streams.get("stdin"), streams.get("resize")];
      if (stdin) void hearInput(stdin, ears);
      if (resize) void hearSizes(resize, ears);
    },
    finish: async (ending: Ending) => {
      const bytes = statusBytes(endedStatus(ending, options.command), hasStatus);
      if (bytes) await streams.get("error")?.write(bytes);
      await connection.end();
    },
  };
}

async function hearInput(stdin: SpdyStream, { input, inputEnd }: Ears): Promise<void> {
  for await (const data of stdin) if (!(await input(data))) return;
  inputEnd();
}

async function hearSizes(resize: SpdyStream, { size }: Ears): Promise<void> {
  const reader = new SizeReader();
  for await (const data of resize) reader.push(data).forEach(size);
}
