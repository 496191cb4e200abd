/** The store, asked over the bus. */
import { realWorld } from "#libs/actor/world.ts";
import { call, NoRespondersError, type Rpc } from "#libs/bus/bus.ts";
import type { NatsBus } from "#libs/bus/connect.ts";
import { judge } from "#libs/informer/decide.ts";
import type { CommitResponse, Key, ListRequest, Record } from "#proto/gen/kubus/store/v1.ts";
import type { HeadsAnnounced, ObjectChanged } from "#proto/gen/kubus/watch/v1.ts";
import {
  changesRpc,
  commitRpc,
  getRpc,
  headsAnnounced,
  listRpc,
  objectChanged,
} from "../../../services/store/wire.ts";
import type { Broadcast, EventType, WatchEvent } from "../history/observation.ts";
import type { Call, Found, Outcome, Refusal, Step } from "../history/operation.ts";
import type { Door, WatchEnd, WatchRequest } from "./door.ts";

export const resource = { group: "", resource: "configmaps" } as const;
export const namespace = "default";

/** Milliseconds until an answer is given up. */
const answerMsMax = 1_500;
/** Records of a page. */
const pageMax = 2;
/** Changes that wait while a watch catches up. */
const bufferMax = 20_000;

export const keyOf = (name: string): Key => ({ ...resource, namespace, name });
/** Keys are "a-1": what comes before the dash is the partition, so that watches can ask for it. */
export const partitionOf = (key: string): string => key.slice(0, key.indexOf("-"));

/** What clients gave, which is stored as it is. */
export const plainText = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytesOf = (text: string) => new TextEncoder().encode(text);

export class BusDoor implements Door {
  readonly name: string;
  readonly takesTransactions = true;
  readonly #bus: NatsBus;
  readonly #newId: () => string;
  readonly #onBroadcast: (broadcast: Broadcast) => void;
  #lists = 0;

  /**
   * @param newId of requests, so that none is taken for another's
   * @param onBroadcast told of every broadcast as it comes
   */
  constructor(
    name: string,
    bus: NatsBus,
    newId: () => string,
    onBroadcast: (broadcast: Broadcast) => void,
  ) {
    this.name = name;
    this.#bus = bus;
    this.#newId = newId;
    this.#onBroadcast = onBroadcast;
  }

  async ask(asked: Call): Promise<Outcome> {
    try {
      if (asked.type === "commit") return await this.#commit(asked.steps);
      const isCached = asked.isCached === true;
      if (asked.type === "get") return await this.#get(asked.key, isCached);
      return { type: "listed", ...(await this.#list(isCached)) };
    } catch (error) {
      const why = error instanceof Error ? error.name : String(error);
      // Nobody was there to hear it.
      return { type: error instanceof NoRespondersError ? "nothing" : "unknown", why };
    }
  }

  async list(prefix: string): Promise<{ found: Found[]; revision: number }> {
    const { found, revision } = await this.#list(false);
    return { found: found.filter(({ key }) => key.startsWith(prefix)), revision };
  }

  async watch(request: WatchRequest): Promise<WatchEnd> {
    return await new BusWatch(this.#bus, request, (after, partition) =>
      this.#changes(after, partition),
    ).run();
  }

  /** Hears all broadcasts, until the connection is closed. */
  async listen(): Promise<void> {
    let session = 1;
    this.#bus.onReconnect(() => (session += 1));
    this.#bus.subscribe(this.#bus.subjects.watchResource("", resource.resource), ({ data }) => {
      const change = objectChanged.decode(data);
      const previousRevision = change.previousResourceRevision;
      const event = eventOf(change);
      this.#onBroadcast({ session: `${this.name}/${session}`, event, previousRevision });
    });
    await this.#bus.flush();
  }

  close(): Promise<void> {
    return this.#bus.close();
  }

  async #commit(steps: readonly Step[]): Promise<Outcome> {
    const mutations = steps.map(({ verb, key, value, expected }) => ({
      type: mutationTypes[verb],
      key: keyOf(key),
      value: bytesOf(value),
      expectedRevision: expected,
      partition: verb === "check" ? "" : partitionOf(key),
      confidential: false,
      ttlSeconds: 0,
    }));
    const path = mutations[0]?.key ?? keyOf("none");
    const request = { mutations, requestId: this.#newId() };
    return outcomeOf(
      await this.#call(commitRpc, this.#bus.subjects.store("commit", path), request),
    );
  }

  async #get(name: string, isCached: boolean): Promise<Outcome> {
    const { subjects } = this.#bus;
    const key = keyOf(name);
    const subject = isCached ? subjects.storeCached("get", key) : subjects.store("get", key);
    const answer = await this.#call(getRpc, subject, { key, revision: 0 });
    const { record, revision, failure } = answer;
    if (failure !== "READ_FAILURE_UNSPECIFIED") return { type: "nothing", why: failure };
    return { type: "got", found: record && foundOf(record), revision };
  }

  /** Every other list comes in small pages, all of one revision. */
  async #list(isCached: boolean): Promise<{ found: Found[]; revision: number }> {
    const { subjects } = this.#bus;
    const limit = (this.#lists += 1) % 2 === 0 ? pageMax : 0;
    const found: Found[] = [];
    let after = { afterNamespace: "", afterName: "" };
    let revision = 0;
    while (true) {
      const request: ListRequest = { ...resource, namespace, ...after, limit, revision };
      // Another instance may not have got to the revision of the first page.
      const isFirst = revision === 0;
      const subject =
        isCached && isFirst
          ? subjects.storeCached("list", request)
          : subjects.store("list", request);
      const page = await this.#call(listRpc, subject, request);
      if (page.failure !== "READ_FAILURE_UNSPECIFIED") throw new Error(page.failure);
      found.push(...page.records.map(foundOf));
      revision = page.revision;
      const last = page.records.at(-1)?.key;
      if (!page.more || !last) break;
      after = { afterNamespace: last.namespace, afterName: last.name };
    }
    return { found, revision };
  }

  #changes(afterRevision: number, partition: string) {
    const request = { ...resource, partition, afterRevision, withConfidential: true };
    return this.#call(changesRpc, this.#bus.subjects.store("changes", resource), request);
  }

  #call<Request, Response>(
    rpc: Rpc<Request, Response>,
    subject: string,
    request: Request,
  ): Promise<Response> {
    return call(this.#bus, rpc, subject, request, { timeoutMs: answerMsMax });
  }
}

const mutationTypes = {
  create: "MUTATION_TYPE_CREATE",
  update: "MUTATION_TYPE_UPDATE",
  delete: "MUTATION_TYPE_DELETE",
  check: "MUTATION_TYPE_CHECK",
} as const;

const refusals: Readonly<{ [failure: string]: Refusal }> = {
  COMMIT_FAILURE_EXISTS: "exists",
  COMMIT_FAILURE_NOT_FOUND: "absent",
  COMMIT_FAILURE_REVISION_MISMATCH: "mismatch",
};

function outcomeOf({ failure, revision, failedIndex, current, message }: CommitResponse): Outcome {
  if (failure === "COMMIT_FAILURE_UNSPECIFIED") return { type: "committed", revision };
  const reason = refusals[failure];
  if (reason === undefined) return { type: "nothing", why: `${failure}: ${message}` };
  return { type: "refused", reason, step: failedIndex, current: current && foundOf(current) };
}

const foundOf = ({ key, value, revision, createRevision }: Record): Found => ({
  key: key?.name ?? "",
  value: plainText(value),
  revision,
  createRevision,
});

const eventTypes: Readonly<{ [type: string]: EventType }> = {
  CHANGE_TYPE_CREATED: "created",
  CHANGE_TYPE_UPDATED: "updated",
  CHANGE_TYPE_DELETED: "deleted",
};

const eventOf = ({ type, name, value, revision, createRevision }: ObjectChanged): WatchEvent => ({
  type: eventTypes[type] ?? "updated",
  key: name,
  value: plainText(value),
  revision,
  createRevision,
  previousValue: undefined,
});

interface Changes {
  readonly changes: readonly ObjectChanged[];
  readonly revision: number;
  readonly more: boolean;
  readonly failure: string;
}

/** Follows the broadcast of all keys or of one partition, and asks for what it missed. */
class BusWatch {
  readonly #bus: NatsBus;
  readonly #request: WatchRequest;
  readonly #changes: (after: number, partition: string) => Promise<Changes>;
  readonly #partition: string;
  #applied: number;
  #buffer: ObjectChanged[] = [];
  #isFollowing = false;
  #isRefilling = false;
  #end: (end: WatchEnd) => void = () => undefined;

  constructor(
    bus: NatsBus,
    request: WatchRequest,
    changes: (after: number, partition: string) => Promise<Changes>,
  ) {
    this.#bus = bus;
    this.#request = request;
    this.#changes = changes;
    this.#partition = request.prefix === "" ? "" : partitionOf(request.prefix);
    this.#applied = request.after;
  }

  run(): Promise<WatchEnd> {
    const { subjects } = this.#bus;
    const { signal } = this.#request;
    const partition = this.#partition === "" ? undefined : this.#partition;
    const subject = subjects.watchResource("", resource.resource, partition);
    const subscriptions = [
      this.#bus.subscribe(subject, ({ data }) => this.#onChange(objectChanged.decode(data))),
      this.#bus.subscribe(subjects.heads(), ({ data }) =>
        this.#onHeads(headsAnnounced.decode(data)),
      ),
      this.#bus.onReconnect(() => this.#refill()),
    ];
    return new Promise((resolve) => {
      this.#end = (end) => {
        for (const subscription of subscriptions) subscription.unsubscribe();
        this.#end = () => undefined;
        resolve(end);
      };
      signal.addEventListener("abort", () => this.#end("ended"), { once: true });
      if (signal.aborted) this.#end("ended");
      this.#refill();
    });
  }

  #onChange(change: ObjectChanged): void {
    if (!this.#isFollowing) {
      if (this.#buffer.length < bufferMax) this.#buffer.push(change);
      return;
    }
    if (!this.#take(change)) this.#refill();
  }

  /** False when something before it is missing. */
  #take(change: ObjectChanged): boolean {
    const verdict = judge(this.#applied, change, this.#partition !== "");
    if (verdict === "apply") this.#apply(change);
    return verdict !== "gap";
  }

  #apply(change: ObjectChanged): void {
    this.#applied = change.revision;
    this.#request.tell({ type: "events", events: [eventOf(change)] });
  }

  /** Nothing of the resource happened between its last change and the announced revision. */
  #onHeads({ revision, heads }: HeadsAnnounced): void {
    if (!this.#isFollowing || this.#partition !== "") return;
    const own = heads.find((head) => head.resource === resource.resource && head.group === "");
    if (own === undefined) return;
    if (own.revision > this.#applied) this.#refill();
    else if (own.revision === this.#applied) this.#request.tell({ type: "bookmark", revision });
  }

  #refill(): void {
    this.#isFollowing = false;
    if (this.#isRefilling) return;
    this.#isRefilling = true;
    void this.#fetch();
  }

  async #fetch(): Promise<void> {
    const { signal } = this.#request;
    while (!signal.aborted) {
      const answer = await this.#changes(this.#applied, this.#partition).catch(() => undefined);
      if (signal.aborted) return;
      if (!answer || answer.failure === "READ_FAILURE_FUTURE") {
        await realWorld.sleep(50);
        continue;
      }
      if (answer.failure !== "READ_FAILURE_UNSPECIFIED") return this.#end("gone");
      for (const change of answer.changes) {
        if (change.revision > this.#applied) this.#apply(change);
      }
      if (answer.more) continue;
      const waiting = this.#buffer;
      this.#buffer = [];
      if (waiting.length >= bufferMax || !waiting.every((change) => this.#take(change))) continue;
      this.#isFollowing = true;
      this.#isRefilling = false;
      return;
    }
  }
}
