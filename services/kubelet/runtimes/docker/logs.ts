/** A container's output from Docker's frames. */
import type Docker from "dockerode";
import type { LogOptions } from "../../runtime.ts";

const headerBytes = 8;
const empty = Buffer.alloc(0);

/** What the engine is asked. */
export function queryOf({ tailLines, since, timestamps, follow, stream }: LogOptions) {
  return {
    follow,
    stdout: stream !== "stderr",
    stderr: stream !== "stdout",
    timestamps,
    ...(tailLines === undefined ? {} : { tail: tailLines }),
    ...(since === undefined ? {} : { since: since / 1_000 }),
  };
}

/** Chunks as they come; ends with the container, or at once when it is not followed. */
export async function* readLogs(
  container: Docker.Container,
  options: LogOptions,
  isTerminal: boolean,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  const stream = await open(container, options, signal);
  try {
    yield* isTerminal ? stream : withoutFrames(stream);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    stream.destroy();
  }
}

type Output = AsyncIterable<Buffer> & { destroy(): void };

/** The client's own call would collect the whole log, and take output that is JSON apart. */
function open({ id, modem }: Docker.Container, options: LogOptions, abortSignal: AbortSignal) {
  const request = {
    path: `/containers/${id}/logs?`,
    method: "GET",
    isStream: true,
    options: queryOf(options),
    abortSignal,
    statusCodes: { 200: true, 404: "no such container", 500: "server error" },
  };
  return new Promise<Output>((resolve, reject) => {
    const dial = (modem as Modem).dial.bind(modem);
    dial(request, (error, stream) => (error ? reject(error) : resolve(stream)));
  });
}

interface Modem {
  dial(request: object, callback: (error: Error | null, stream: Output) => void): void;
}

/** Takes the headers out; both streams come in the order in which they were written. */
export async function* withoutFrames(chunks: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  for await (const { data } of framesOf(chunks)) yield data;
}

const errorStream = 2;

/** Pieces of frames: one byte for the stream, three of nothing, four for the length, the data. */
export async function* framesOf(
  chunks: AsyncIterable<Buffer>,
): AsyncIterable<{ readonly stream: "stdout" | "stderr"; readonly data: Buffer }> {
  let header = empty;
  let left = 0;
  let stream: "stdout" | "stderr" = "stdout";
  for await (let chunk of chunks) {
    while (chunk.length > 0) {
      if (left === 0) {
        const missing = headerBytes - header.length;
        header = Buffer.concat([header, chunk.subarray(0, missing)]);
        chunk = chunk.subarray(missing);
        if (header.length < headerBytes) break;
        stream = header[0] === errorStream ? "stderr" : "stdout";
        left = header.readUInt32BE(4);
        header = empty;
      }
      const data = chunk.subarray(0, left);
      left -= data.length;
      chunk = chunk.subarray(data.length);
      if (data.length > 0) yield { stream, data };
    }
  }
}
