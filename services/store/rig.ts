/** For tests: a store on a nats-server of its own, and somebody who asks it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import pino from "pino";
import type { Host } from "#libs/actor/component.ts";
import { supervise } from "#libs/actor/supervise.ts";
import { realWorld, type World } from "#libs/actor/world.ts";
import { call, type RequestOptions } from "#libs/bus/bus.ts";
import { connect, type NatsBus } from "#libs/bus/connect.ts";
import type {
  CommitRequest,
  CommitResponse,
  Key,
  ListRequest,
  Mutation,
  StatusResponse,
} from "#proto/gen/kubus/store/v1.ts";
import { createActor, waitFor } from "xstate";
import { storeEffects } from "./effects.ts";
import { openStream, type StreamLimits } from "./log/stream.ts";
import { storeMachine } from "./machine.ts";
import { component, type StoreConfig } from "./main.ts";
import { settingsOf } from "./settings.ts";
import { changesRpc, commitRpc, getRpc, headRpc, listRpc, statusRpc } from "./wire.ts";

export const silent = pino({ level: "silent" });

export const connectBus = (servers: string, name = "test", world: World = realWorld) =>
  connect({ servers, prefix: "kubus", name, world });

/**
 * Runs a store under a supervisor on a connection of its own; resolves when it is ready: it leads,
 * or stands by.
 */
export async function startStore(servers: string, config: StoreConfig = {}, instance = "0") {
  const bus = await connectBus(servers, `store.${instance}`);
  const options = { bus, world: realWorld, log: silent, instance };
  const supervised = supervise(component, config, options);
  await supervised.ready;
  return {
    supervised,
    bus,
    async stop() {
      await supervised.stop();
      await bus.close();
    },
  };
}

/** A store as a process of its own, which can be killed and stopped. */
export function startStoreProcess(servers: string, instance = "0", config: StoreConfig = {}) {
  const env = {
    ...process.env,
    KUBUS_NATS_URL: servers,
    KUBUS_INSTANCE: instance,
    KUBUS_CONFIG: JSON.stringify(config),
    KUBUS_LOG_LEVEL: "silent",
  };
  const child = spawn(process.execPath, [mainFile], { env, stdio: "ignore" });
  return {
    signal: (signal: NodeJS.Signals) => child.kill(signal),
    /** Resolves when the process is gone. */
    async end(signal: NodeJS.Signals = "SIGKILL") {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill(signal);
      await ended;
    },
  };
}

const mainFile = join(import.meta.dirname, "main.ts");
const pollMs = 5;

/** What one instance says of itself; undefined when it says nothing. */
export function statusOf(bus: NatsBus, instance: string): Promise<StatusResponse | undefined> {
  const options = { timeoutMs: 200 };
  const asked = call(bus, statusRpc, bus.subjects.storeStatus(instance), {}, options);
  return asked.catch(() => undefined);
}

/** Resolves when an instance says of itself what is wanted. */
export async function untilStatus(
  bus: NatsBus,
  instance: string,
  isWanted: (status: StatusResponse) => boolean,
): Promise<StatusResponse> {
  while (true) {
    const status = await statusOf(bus, instance);
    if (status && isWanted(status)) return status;
    await realWorld.sleep(pollMs);
  }
}

export const leads = ({ role }: StatusResponse) => role === "STORE_ROLE_LEADING";
export const follows = ({ role }: StatusResponse) => role === "STORE_ROLE_FOLLOWING";

/** One of the store's streams, opened beside the store. */
export function openKept(bus: NatsBus, kind: "LOG" | "SNAP", limits: Partial<StreamLimits> = {}) {
  const { subjects } = bus;
  const kept = {
    LOG: [subjects.log()],
    SNAP: [subjects.snapshot("chunk"), subjects.snapshot("manifest")],
  };
  const options = { name: subjects.stream(kind), subjects: kept[kind], replicas: 1 };
  const settings = { ...settingsOf({}, bus.payloadMax), ...limits };
  return openStream(bus, realWorld, { ...options, keeps: "all" }, settings);
}

/** Lets a store start, without a supervisor, until it serves or refuses to. */
export async function tryToStart(bus: NatsBus, config: StoreConfig = {}) {
  const host = hostOn(bus);
  const effects = storeEffects(host, settingsOf(config, bus.payloadMax));
  const actor = createActor(storeMachine.provide(effects)).start();
  const end = await waitFor(actor, (now) => now.hasTag("refusing") || now.hasTag("ready"));
  const { revision, problem } = end.context;
  actor.stop();
  host.end();
  return { isReady: end.hasTag("ready"), revision, problem };
}

function hostOn(bus: NatsBus): Host & { end(): void } {
  const ending = new AbortController();
  const releases: (() => void | Promise<void>)[] = [];
  return {
    component: "store",
    instance: "0",
    bus,
    shared: bus,
    world: realWorld,
    log: silent,
    signal: ending.signal,
    onEnd: (release) => void releases.push(release),
    spawn: () => {
      throw new Error("the store has no children");
    },
    end() {
      ending.abort(new Error("the test ended"));
      for (const release of releases.toReversed()) void release();
    },
  };
}

export const pod = (name: string, namespace = "default"): Key => ({
  group: "",
  resource: "pods",
  namespace,
  name,
});

type Some = Partial<Omit<Mutation, "value">> & { readonly value?: string };

export const put = (
  type: "CREATE" | "UPDATE" | "DELETE" | "CHECK",
  key: Key,
  some: Some = {},
): Mutation => ({
  type: `MUTATION_TYPE_${type}`,
  key,
  expectedRevision: 0,
  partition: "",
  confidential: false,
  ttlSeconds: 0,
  ...some,
  value: new TextEncoder().encode(some.value ?? ""),
});

/** Asks the store as the API server does. */
export function clientOf(bus: NatsBus, options: RequestOptions = {}) {
  const { subjects } = bus;
  return {
    commit(mutations: Mutation[], requestId = ""): Promise<CommitResponse> {
      const request: CommitRequest = { mutations, requestId };
      const path = mutations[0]?.key ?? pod("none");
      return call(bus, commitRpc, subjects.store("commit", path), request, options);
    },
    async get(key: Key, revision = 0) {
      const request = { key, revision };
      const subject = subjects.store("get", key);
      const { record, ...rest } = await call(bus, getRpc, subject, request, options);
      const value = record && new TextDecoder().decode(record.value);
      return { ...rest, record, value };
    },
    list(some: Partial<ListRequest> = {}) {
      const place = {
        group: "",
        resource: "pods",
        namespace: "",
        afterNamespace: "",
        afterName: "",
      };
      const request = { ...place, limit: 0, revision: 0, ...some };
      return call(bus, listRpc, subjects.store("list", request), request, options);
    },
    changes(afterRevision: number, partition = "") {
      const path = { group: "", resource: "pods" };
      const request = { ...path, partition, afterRevision, withConfidential: false };
      return call(bus, changesRpc, subjects.store("changes", path), request, options);
    },
    head(resource = "pods") {
      const path = { group: "", resource };
      return call(bus, headRpc, subjects.store("head", path), path, options);
    },
  };
}
