/** Answers requests for the output of this node's containers. */
import type { Host } from "#libs/actor/component.ts";
import type { BusMessage } from "#libs/bus/bus.ts";
import type { ReadLogRequest } from "#proto/gen/kubus/node/v1.ts";
import type { Runtime, RuntimeContainer } from "./runtime.ts";
import { dataChunk, endChunk, failureChunk, logOptions, readRequest } from "./wire.ts";

const badRequest = 400;
const internalError = 500;

/** Logs that are read at the same time; above it a request is refused. */
const readersMax = 200;
/** An empty chunk says this often that the stream still lives, and asks whether it is read. */
const keepAliveMs = 3_000;
/** Chunks without an answer in a row after which the reader counts as gone. */
const missesMax = 3;

/** Subscribes to this node's log requests until the host ends. */
export function serveLogs(host: Host, node: string, runtime: Runtime): void {
  let readers = 0;
  host.bus.subscribe(host.bus.subjects.node("log", node), (message) => {
    const request = readRequest(message.data);
    if (!request) return;
    if (readers >= readersMax) {
      message.respond(failureChunk(internalError, "too many logs are being read"));
      return;
    }
    readers += 1;
    void stream(host, runtime, message, request).finally(() => {
      readers -= 1;
    });
  });
}

async function stream(
  host: Host,
  runtime: Runtime,
  message: BusMessage,
  request: ReadLogRequest,
): Promise<void> {
  const gone = new AbortController();
  const signal = AbortSignal.any([host.signal, gone.signal]);
  const cancelBeat = keepAlive(host, message, () => gone.abort());
  try {
    const container = await find(runtime, request);
    if (!container) {
      message.respond(failureChunk(badRequest, missing(request)));
      return;
    }
    const options = logOptions(request, host.world.now());
    let left = request.limitBytes ?? Number.POSITIVE_INFINITY;
    for await (const data of runtime.logs(container.id, options, signal)) {
      const kept = data.subarray(0, left);
      left -= kept.length;
      for (const part of parts(kept, host.bus.payloadMax / 2)) message.respond(dataChunk(part));
      if (left <= 0) break;
    }
    message.respond(endChunk());
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    message.respond(failureChunk(internalError, text));
  } finally {
    cancelBeat();
  }
}

/** Nobody says goodbye: a reader that has left is known by its silence. */
function keepAlive({ world, bus }: Host, { reply }: BusMessage, onGone: () => void): () => void {
  let misses = 0;
  return world.every(keepAliveMs, () => {
    const asked = bus.request(reply, dataChunk(empty), { timeoutMs: keepAliveMs });
    asked.then(
      () => (misses = 0),
      () => (misses += 1) >= missesMax && onGone(),
    );
  });
}

const empty = new Uint8Array(0);

function* parts(data: Uint8Array, sizeMax: number): Iterable<Uint8Array> {
  for (let start = 0; start < data.length; start += sizeMax) {
    yield data.subarray(start, start + sizeMax);
  }
}

async function find(
  runtime: Runtime,
  { uid, container: name, previous }: ReadLogRequest,
): Promise<RuntimeContainer | undefined> {
  const pod = await runtime.get(uid);
  const attempts = (pod?.containers ?? [])
    .filter((container) => container.name === name)
    .toSorted((a, b) => a.attempt - b.attempt);
  return previous ? attempts.at(-2) : attempts.at(-1);
}

function missing({ container, pod, previous }: ReadLogRequest): string {
  return previous
    ? `previous terminated container "${container}" in pod "${pod}" not found`
    : `container "${container}" in pod "${pod}" is waiting to start: ContainerCreating`;
}
