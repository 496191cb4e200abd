/** Commits that begin in the same turn of the event loop go to the store as one message. */
import { type Bus, BusTimeoutError, call, type RequestOptions, type Rpc } from "#libs/bus/bus.ts";
import { codecOf } from "#libs/schema/index.ts";
import type {
  CommitRequest,
  CommitResponse,
  CommitsRequest,
  CommitsResponse,
} from "#proto/gen/kubus/store/v1.ts";

/** What goes in one message at most; a larger commit goes by itself. */
const gatheredMax = 64;
const gatheredBytesMax = 512 * 1024;

const commitRpc: Rpc<CommitRequest, CommitResponse> = {
  request: codecOf("kubus.store.v1.CommitRequest"),
  response: codecOf("kubus.store.v1.CommitResponse"),
};
const commitsRpc: Rpc<CommitsRequest, CommitsResponse> = {
  request: codecOf("kubus.store.v1.CommitsRequest"),
  response: codecOf("kubus.store.v1.CommitsResponse"),
};
const everything = { group: "", resource: "" };

interface Waiting {
  readonly request: CommitRequest;
  readonly resolve: (response: CommitResponse) => void;
  readonly reject: (reason: unknown) => void;
}

/** Asks for one commit; rejects like {@link call}. */
export type Commit = (request: CommitRequest, options: RequestOptions) => Promise<CommitResponse>;

/** Each commit by itself, on the subject of its first key. */
export const commitAlone =
  (bus: Bus): Commit =>
  (request, options) => {
    const path = request.mutations[0]?.key ?? everything;
    return call(bus, commitRpc, bus.subjects.store("commit", path), request, options);
  };

/**
 * The more commits a busy process begins at once, the less each costs the bus and the store. One
 * that begins alone goes alone, and at once. All are given the same time.
 */
export function gatherCommits(
  bus: Bus,
  options: RequestOptions,
): (request: CommitRequest) => Promise<CommitResponse> {
  const alone = commitAlone(bus);
  let gathered: Waiting[] = [];
  let bytes = 0;

  const send = () => {
    const waiting = gathered;
    gathered = [];
    bytes = 0;
    const [first, second] = waiting;
    if (first === undefined) return;
    if (second === undefined) {
      alone(first.request, options).then(first.resolve, first.reject);
      return;
    }
    const subject = bus.subjects.store("commits", everything);
    const requests = waiting.map(({ request }) => request);
    call(bus, commitsRpc, subject, { requests }, options).then(
      ({ responses }) => settle(waiting, responses),
      (error: unknown) => {
        for (const { reject } of waiting) reject(error);
      },
    );
  };

  return (request) => {
    const size = sizeOf(request);
    if (size > gatheredBytesMax) return alone(request, options);
    if (gathered.length >= gatheredMax || bytes + size > gatheredBytesMax) send();
    bytes += size;
    return new Promise((resolve, reject) => {
      gathered.push({ request, resolve, reject });
      // Who hears of the same answer asks in the same turn: all of them come before this runs.
      if (gathered.length === 1) queueMicrotask(send);
    });
  };
}

function settle(waiting: readonly Waiting[], responses: readonly CommitResponse[]): void {
  for (const [index, { resolve, reject }] of waiting.entries()) {
    const response = responses[index];
    const isAnswer =
      response !== undefined &&
      (response.revision > 0 || response.failure !== "COMMIT_FAILURE_UNSPECIFIED");
    if (isAnswer) resolve(response);
    else reject(new BusTimeoutError("the answer to a commit was left out"));
  }
}

const sizeOf = ({ mutations }: CommitRequest): number =>
  mutations.reduce((bytes, { value }) => bytes + value.length, 0);
