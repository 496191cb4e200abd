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
/** Milliseconds without output after which an empty chunk says that the stream still lives. */
const keepAliveMs = 3_000;

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
  const cancelBeat = host.world.every(keepAliveMs, () => message.respond(dataChunk(empty)));
  try {
    const container = await find(runtime, request);
    if (!container) {
      message.respond(failureChunk(badRequest, missing(request)));
      return;
    }
    const options = logOptions(request, host.world.now());
    let left = request.limitBytes ?? Number.POSITIVE_INFINITY;
    for await (const data of runtime.logs(container.id, options, host.signal)) {
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
