/** Typed questions to the store, with bounded retries. Only the API server asks the store. */
import type { World } from "#libs/actor/world.ts";
import { serviceUnavailable, type StatusError, tooManyRequests } from "#libs/api/errors.ts";
import {
  BusTimeoutError,
  BusUnavailableError,
  call,
  NoRespondersError,
  type Bus,
  type Rpc,
} from "#libs/bus/bus.ts";
import type { StoreVerb } from "#libs/bus/subjects.ts";
import { codecOf } from "#libs/schema/index.ts";
import type {
  ChangesRequest,
  ChangesResponse,
  CommitResponse,
  GetRequest,
  GetResponse,
  HeadRequest,
  HeadResponse,
  Key,
  LeaderAnnounced,
  ListRequest,
  ListResponse,
  Mutation,
  ReadFailure,
} from "#proto/gen/kubus/store/v1.ts";
import { commitAlone, gatherCommits } from "./gather.ts";
import type { Family } from "../health/exposition.ts";
import { storeTimings } from "./timings.ts";

/** Together with the pauses between them, about as long as a client waits for an answer. */
const attemptsMax = 6;
/**
 * A store that crashed does not answer what it was asked, so the first attempt is short: a write
 * that is asked again has the same id, and is neither done twice nor put in line twice. The next
 * ones give a slow disk its time.
 */
const attemptMsMin = 1000;
const attemptMsMax = 8000;
const retryMsMin = 50;
const retryMsMax = 2000;
/** Leaders that may come while one question waits; each is asked anew, at once. */
const leadersMax = 10;

const rpcOf = <Request, Response>(verb: string): Rpc<Request, Response> => ({
  request: codecOf<Request>(`kubus.store.v1.${verb}Request`),
  response: codecOf<Response>(`kubus.store.v1.${verb}Response`),
});

const rpcs = {
  get: rpcOf<GetRequest, GetResponse>("Get"),
  list: rpcOf<ListRequest, ListResponse>("List"),
  changes: rpcOf<ChangesRequest, ChangesResponse>("Changes"),
  head: rpcOf<HeadRequest, HeadResponse>("Head"),
};

const leaderAnnounced = codecOf<LeaderAnnounced>("kubus.store.v1.LeaderAnnounced");
const retryAfterSeconds = 1;

/** A resource as the store names it. */
export interface StoredResource {
  readonly group: string;
  readonly resource: string;
}

/**
 * Methods reject with a StatusError 503 when the store cannot be reached in time; refusals come as
 * answers.
 */
export interface StoreClient {
  /** All mutations happen, or none; asked again with the same id when the answer is lost. */
  commit(mutations: readonly Mutation[]): Promise<CommitResponse>;
  /** At the head of the log. */
  get(key: Key): Promise<GetResponse>;
  list(request: ListRequest): Promise<ListResponse>;
  changes(request: ChangesRequest): Promise<ChangesResponse>;
  /**
   * How far the store is. Callers that ask while a question is under way share the next one, which
   * starts after their call, so that each answer covers every write acknowledged before.
   */
  head(resource: StoredResource): Promise<HeadResponse>;
  /** How long its answers take, for /metrics. */
  families(): readonly Family[];
}

export interface StoreClientOptions {
  readonly bus: Bus;
  readonly world: World;
  /** Ends waiting retries. */
  readonly signal: AbortSignal;
}

/**
 * Asks the store in typed questions. Rejects with a StatusError when it refuses or cannot answer;
 * a commit is asked again with the same id, so that it happens once. Who waits for an answer of a
 * store that died asks the next one as soon as it says that it leads.
 */
export function createStoreClient({ bus, world, signal }: StoreClientOptions): StoreClient {
  const leaders = new Leaders(bus, signal);

  function ask<Request, Response>(
    verb: Exclude<StoreVerb, "commit" | "commits">,
    rpc: Rpc<Request, Response>,
    path: StoredResource & { readonly namespace?: string; readonly name?: string },
    request: Request,
  ): Promise<Response> {
    const subject = bus.subjects.store(verb, path);
    return trying((timeoutMs) => call(bus, rpc, subject, request, { timeoutMs }));
  }

  /** @param once asks once, for so many milliseconds */
  async function trying<Response>(
    once: (timeoutMs: number, attempt: number) => Promise<Response>,
  ): Promise<Response> {
    let [attempt, changes] = [1, 0];
    while (true) {
      try {
        const timeoutMs = Math.min(attemptMsMin * 2 ** (attempt - 1), attemptMsMax);
        const answer = await leaders.unlessChanged(once(timeoutMs, attempt));
        throwRefusedRead(answer);
        return answer;
      } catch (error) {
        // This life of the API server is over: whether the write happened is for its client to see.
        if (signal.aborted) throw serviceUnavailable("the API server is ending");
        if (error instanceof LeaderChangedError && changes++ < leadersMax) continue;
        if (!isTransient(error)) throw error;
        if (attempt >= attemptsMax) throw finalError(error);
        const pauseMs = Math.min(retryMsMax, retryMsMin * 2 ** attempt++);
        await leaders.unlessChanged(world.sleep(pauseMs, signal)).catch(() => undefined);
      }
    }
  }

  const timings = storeTimings(() => world.monotonic());
  const alone = commitAlone(bus);
  const together = gatherCommits(bus, { timeoutMs: attemptMsMin });
  const headOf = shareByKey((resource: StoredResource) =>
    ask("head", rpcs.head, resource, resource),
  );

  return {
    commit(mutations) {
      const key = mutations[0]?.key;
      if (key === undefined) throw new TypeError("a commit needs a mutation with a key");
      const request = { mutations: [...mutations], requestId: world.uuid() };
      const committed = trying((timeoutMs, attempt) =>
        attempt === 1 ? together(request) : alone(request, { timeoutMs }),
      );
      return timings.timed(operations[mutations[0]?.type ?? ""] ?? "update", key, committed);
    },
    get: (key) => timings.timed("get", key, ask("get", rpcs.get, key, { key, revision: 0 })),
    list: (request) => timings.timed("list", request, ask("list", rpcs.list, request, request)),
    changes: (request) =>
      timings.timed("changes", request, ask("changes", rpcs.changes, request, request)),
    head: (resource) =>
      timings.timed("head", resource, headOf(`${resource.group}/${resource.resource}`, resource)),
    families: timings.families,
  };
}

/** Names of writes as etcd's metrics have them. */
const operations: Readonly<Record<string, string>> = {
  MUTATION_TYPE_CREATE: "create",
  MUTATION_TYPE_DELETE: "delete",
};

/** The store can say now neither what it holds nor that it does not. */
class RefusedReadError extends Error {
  override readonly name = "RefusedReadError";
  readonly isOverloaded: boolean;

  constructor(failure: ReadFailure) {
    super(failure);
    this.isOverloaded = failure === "READ_FAILURE_OVERLOADED";
  }
}

function throwRefusedRead(answer: unknown): void {
  const { failure } = answer as { readonly failure?: ReadFailure };
  if (failure === "READ_FAILURE_OVERLOADED" || failure === "READ_FAILURE_UNAVAILABLE") {
    throw new RefusedReadError(failure);
  }
}

const isTransient = (error: unknown): error is Error =>
  error instanceof BusTimeoutError ||
  error instanceof NoRespondersError ||
  error instanceof BusUnavailableError ||
  error instanceof LeaderChangedError ||
  error instanceof RefusedReadError;

function finalError(error: Error): StatusError {
  if (!(error instanceof RefusedReadError)) {
    return serviceUnavailable(`the store does not answer: ${error.message}`);
  }
  return error.isOverloaded
    ? tooManyRequests("the store is busy, please try again later", retryAfterSeconds)
    : serviceUnavailable("the store cannot make sure that its answer is right");
}

class LeaderChangedError extends Error {
  override readonly name = "LeaderChangedError";
}

/** Hears which store leads. */
class Leaders {
  readonly #waiting = new Set<() => void>();
  #epoch = 0;

  constructor(bus: Bus, signal: AbortSignal) {
    const subscription = bus.subscribe(bus.subjects.storeLeader(), ({ data }) => {
      const { epoch } = leaderAnnounced.decode(data);
      if (epoch <= this.#epoch) return;
      this.#epoch = epoch;
      for (const tell of [...this.#waiting]) tell();
    });
    signal.addEventListener("abort", () => subscription.unsubscribe());
  }

  /** The same outcome, unless another store begins to lead before: rejects then at once. */
  unlessChanged<T>(outcome: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const tell = () => reject(new LeaderChangedError("another store leads"));
      this.#waiting.add(tell);
      outcome.then(resolve, reject).finally(() => this.#waiting.delete(tell));
    });
  }
}

/**
 * At most one question per key under way and one waiting; everybody who asks meanwhile gets the
 * answer of the waiting one.
 */
function shareByKey<Argument, Answer>(
  ask: (argument: Argument) => Promise<Answer>,
): (key: string, argument: Argument) => Promise<Answer> {
  const running = new Map<string, Promise<unknown>>();
  const waiting = new Map<string, Promise<Answer>>();

  function start(key: string, argument: Argument): Promise<Answer> {
    const answer = ask(argument);
    const settled = answer.then(
      () => undefined,
      () => undefined,
    );
    running.set(key, settled);
    void settled.then(() => {
      if (running.get(key) === settled) running.delete(key);
    });
    return answer;
  }

  return (key, argument) => {
    const before = running.get(key);
    if (before === undefined) return start(key, argument);
    const shared = waiting.get(key);
    if (shared !== undefined) return shared;
    const next = before.then(() => {
      waiting.delete(key);
      return start(key, argument);
    });
    waiting.set(key, next);
    return next;
  };
}
