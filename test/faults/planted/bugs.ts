/**
 * Bugs that a store could have, planted around the real one: in what it sends and receives. Each is
 * what a careless change would do, and each must be found by a campaign.
 */
import type { Host } from "#libs/actor/component.ts";
import type { World } from "#libs/actor/world.ts";
import type { Bus, BusMessage } from "#libs/bus/bus.ts";
import type { CommitRequest } from "#proto/gen/kubus/store/v1.ts";
import type { ObjectChanged } from "#proto/gen/kubus/watch/v1.ts";
import type { StoreSettings } from "../../../services/store/settings.ts";
import { commitRpc, leaderAnnounced, objectChanged } from "../../../services/store/wire.ts";
import { acknowledgeEarly, answersLate, appendAnywhere } from "./appends.ts";

/** The host of a store, changed so that the store has a bug. */
export type Plant = (host: Host) => Host;

/** Every bug that a process can have, by its name. */
export const plants: Readonly<Record<string, Plant>> = {
  "ack before append": (host) => withBus(host, acknowledgeEarly(host.bus, host.world)),
  "skip the expected sequence": (host) => withBus(host, appendAnywhere(host.bus)),
  "republish in the wrong order": (host) => withEvents(host, reversed(host.world)),
  "duplicate event": (host) => withEvents(host, (change, send) => twice(change, send)),
  "missed event": (host) => withEvents(host, missing()),
  "wrong previous revision": (host) => withEvents(host, wrongPrevious),
  "wrong value": (host) => withEvents(host, oldValue(oneOf)),
  "wrong previous value": (host) => withEvents(host, oldValue(1)),
  "is-create is wrong": (host) => withEvents(host, alwaysUpdated),
  "stale read of a deposed leader": (host) => {
    const refusedLate = answersLate(host.bus, host.world);
    return withBus(host, { ...refusedLate, subscribe: deafToLeaders(host.bus) });
  },
  "stale read": (host) => withRequests(host, staleGets(host.world)),
  "compare without swap": (host) => withRequests(host, commitsChanged(anyRevision)),
  "half a commit": (host) => withRequests(host, commitsChanged(firstOnly)),
};

/** One of so many revisions is treated badly. */
const oneOf = 8;

/** A leader is never in doubt whether it still is one. */
export const leasesWithoutEnd = (settings: StoreSettings): StoreSettings => ({
  ...settings,
  times: { ...settings.times, leaseMs: Number.MAX_SAFE_INTEGER },
});

/** Never hears that somebody else leads, only that it does itself. */
const deafToLeaders =
  (bus: Bus): Bus["subscribe"] =>
  (subject, handler, options) => {
    let own = "";
    const heard = (message: BusMessage) => {
      const { leader } = leaderAnnounced.decode(message.data);
      if (own === "") own = leader;
      if (leader === own) handler(message);
    };
    return bus.subscribe(
      subject,
      subject === bus.subjects.storeLeader() ? heard : handler,
      options,
    );
  };

function withBus(host: Host, changed: Partial<Bus>): Host {
  const bus = new Proxy(host.bus, {
    get(target, property) {
      const mine: unknown = Reflect.get(changed, property);
      if (mine !== undefined) return mine;
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return { ...host, bus };
}

type Send = (change: ObjectChanged) => void;

/** Changes events on their way out. */
function withEvents(host: Host, tell: (change: ObjectChanged, send: Send) => void): Host {
  const { bus } = host;
  const prefix = bus.subjects.watchAll().slice(0, -1);
  return withBus(host, {
    publish(subject, payload, reply) {
      if (!subject.startsWith(prefix)) return bus.publish(subject, payload, reply);
      const send: Send = (change) => {
        const { group, resource, namespace, name, partition } = change;
        const path = { group, resource, namespace, name };
        bus.publish(bus.subjects.watch(path, partition), objectChanged.encode(change));
      };
      tell(objectChanged.decode(payload), send);
    },
  });
}

type Hear = (message: BusMessage, handle: (message: BusMessage) => void, verb: string) => void;

/** Changes requests on their way in, and answers on their way out. */
function withRequests(host: Host, hear: Hear): Host {
  const { bus } = host;
  return withBus(host, {
    subscribe(subject, handler, options) {
      if (subject !== bus.subjects.storeAll()) return bus.subscribe(subject, handler, options);
      const heard = (message: BusMessage) =>
        hear(message, handler, bus.subjects.parse(message.subject)?.verb ?? "");
      return bus.subscribe(subject, heard, options);
    },
  });
}

/** Events of one moment go out last first. */
function reversed(world: World) {
  let waiting: (() => void)[] = [];
  return (change: ObjectChanged, send: Send) => {
    waiting.push(() => send(change));
    if (waiting.length > 1) return;
    world.after(3, () => {
      const due = waiting.toReversed();
      waiting = [];
      for (const each of due) each();
    });
  };
}

function twice(change: ObjectChanged, send: Send) {
  send(change);
  if (change.revision % oneOf === 0) send(change);
}

/** An event does not go out, and the next one does not tell of it. */
function missing() {
  let gap: ObjectChanged | undefined;
  return (change: ObjectChanged, send: Send) => {
    const { previousResourceRevision, previousPartitionRevision } = gap ?? change;
    if (change.revision % oneOf === 0) {
      gap = { ...change, previousResourceRevision, previousPartitionRevision };
      return;
    }
    gap = undefined;
    send({ ...change, previousResourceRevision, previousPartitionRevision });
  };
}

function wrongPrevious(change: ObjectChanged, send: Send) {
  send({ ...change, previousResourceRevision: Math.max(0, change.previousResourceRevision - 1) });
}

/** One of so many updates tells the value that the key had before. */
function oldValue(every: number) {
  const values = new Map<string, Uint8Array>();
  return (change: ObjectChanged, send: Send) => {
    const old = values.get(change.name);
    values.set(change.name, change.value);
    const isOld = old && change.type === "CHANGE_TYPE_UPDATED" && change.revision % every === 0;
    send(isOld ? { ...change, value: old } : change);
  };
}

function alwaysUpdated(change: ObjectChanged, send: Send) {
  const isCreated = change.type === "CHANGE_TYPE_CREATED";
  send(isCreated ? { ...change, type: "CHANGE_TYPE_UPDATED" } : change);
}

/** Answers a read with what an earlier one was answered. */
function staleGets(world: World): Hear {
  const answers = new Map<string, { readonly payload: Uint8Array; readonly at: number }>();
  const staleMs = 100;
  return (message, handle, verb) => {
    if (verb !== "get") return handle(message);
    const { subject } = message;
    const known = answers.get(subject);
    if (known && world.monotonic() - known.at < staleMs) return message.respond(known.payload);
    handle({
      ...message,
      respond: (payload) => {
        answers.set(subject, { payload, at: world.monotonic() });
        message.respond(payload);
      },
    });
  };
}

const commitsChanged =
  (change: (request: CommitRequest) => CommitRequest): Hear =>
  (message, handle, verb) => {
    if (verb !== "commit") return handle(message);
    const data = commitRpc.request.encode(change(commitRpc.request.decode(message.data)));
    handle({ ...message, data, respond: (payload) => message.respond(payload) });
  };

const anyRevision = ({ mutations, requestId }: CommitRequest): CommitRequest => ({
  mutations: mutations.map((mutation) => ({ ...mutation, expectedRevision: 0 })),
  requestId,
});

const firstOnly = ({ mutations, requestId }: CommitRequest): CommitRequest => ({
  mutations: mutations.slice(0, 1),
  requestId,
});
