/** Answers requests for the output of this node's containers. */
import type { Host } from "#libs/actor/component.ts";
import type { BusMessage } from "#libs/bus/bus.ts";
import type { Pod } from "#proto/gen/k8s/core/v1.ts";
import type { ReadLogRequest } from "#proto/gen/kubus/node/v1.ts";
import type { Runtime, RuntimeContainer, RuntimePod } from "./runtime.ts";
import { dataChunk, endChunk, failureChunk, logOptions, readRequest } from "./wire.ts";

const badRequest = 400;
const internalError = 500;

/** Logs that are read at the same time; above it a request is refused. */
const readersMax = 200;
/** An empty chunk says this often that the stream still lives, and asks whether it is read. */
const keepAliveMs = 3_000;
/** Chunks without an answer in a row after which the reader counts as gone. */
const missesMax = 3;

/** The pod as it was told last, by its uid; undefined for one that is not here. */
export type PodLookup = (uid: string) => Pod | undefined;

/** Subscribes to this node's log requests until the host ends. */
export function serveLogs(host: Host, runtime: Runtime, podOf: PodLookup): void {
  let readers = 0;
  host.bus.subscribe(host.bus.subjects.node("log", host.instance), (message) => {
    const request = readRequest(message.data);
    if (!request) return;
    if (readers >= readersMax) {
      message.respond(failureChunk(internalError, "too many logs are being read"));
      return;
    }
    readers += 1;
    void stream(host, { runtime, podOf }, message, request).finally(() => {
      readers -= 1;
    });
  });
}

interface Sources {
  readonly runtime: Runtime;
  readonly podOf: PodLookup;
}

async function stream(
  host: Host,
  { runtime, podOf }: Sources,
  message: BusMessage,
  request: ReadLogRequest,
): Promise<void> {
  const gone = new AbortController();
  const signal = AbortSignal.any([host.signal, gone.signal]);
  const cancelBeat = keepAlive(host, message, () => gone.abort());
  try {
    const pod = await runtime.get(request.uid);
    const container = chooseAttempt(request, pod, podOf(request.uid));
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

/**
 * Which start of the container is asked for. As in Kubernetes the status decides: while a container
 * that ended waits for its next start, its last end is the previous one and the latest alike.
 */
export function chooseAttempt(
  { container: wanted, previous }: Pick<ReadLogRequest, "container" | "previous">,
  runtime: RuntimePod | undefined,
  pod: Pod | undefined,
): RuntimeContainer | undefined {
  const attempts = (runtime?.containers ?? [])
    .filter(({ name }) => name === wanted)
    .toSorted((a, b) => a.attempt - b.attempt);
  if (!previous) return attempts.at(-1);
  const { containerStatuses = [], initContainerStatuses = [] } = pod?.status ?? {};
  const status = [...containerStatuses, ...initContainerStatuses].find(
    ({ name }) => name === wanted,
  );
  const last = status?.lastState?.terminated?.containerID;
  return attempts.find(({ id }) => id === last) ?? attempts.at(-2);
}

function missing({ container, pod, previous }: ReadLogRequest): string {
  return previous
    ? `previous terminated container "${container}" in pod "${pod}" not found`
    : `container "${container}" in pod "${pod}" is waiting to start: ContainerCreating`;
}
