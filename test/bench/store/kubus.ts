/** The store of Kubus as it comes: a process of its own, and a nats-server that fsyncs. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { realWorld } from "#libs/actor/world.ts";
import { call } from "#libs/bus/bus.ts";
import { connect, type NatsBus } from "#libs/bus/connect.ts";
import { startNatsServer, type TestNatsServer } from "#libs/testing/nats.ts";
import type { Key, Mutation } from "#proto/gen/kubus/store/v1.ts";
import { createStoreClient, type StoreClient } from "../../../services/apiserver/store/client.ts";
import { headRpc, objectChanged } from "../../../services/store/wire.ts";
import type { Client, Contender, Put } from "./contender.ts";

const mainFile = join(import.meta.dirname, "..", "..", "..", "services", "store", "main.ts");
const startMsMax = 120_000;
const resource = "configmaps";

export async function prepareKubus(): Promise<KubusContender> {
  const nats = await startNatsServer();
  const bus = await busTo(nats);
  const version = bus.connection.info?.version ?? "";
  await bus.close();
  await nats.kill("SIGTERM");
  return new KubusContender(nats, version);
}

const busTo = ({ url: servers }: TestNatsServer) =>
  connect({ servers, prefix: "kubus", name: "bench", world: realWorld });

export class KubusContender implements Contender {
  readonly name = "Kubus";
  readonly description: string;
  readonly folder: string;
  readonly #nats: TestNatsServer;
  #child: ChildProcess | undefined;

  constructor(nats: TestNatsServer, version: string) {
    this.#nats = nats;
    this.folder = join(nats.folder, "jetstream");
    this.description = `nats-server ${version}, Node ${process.versions.node}`;
  }

  async start(): Promise<void> {
    await this.#nats.start();
    const env = { ...process.env, KUBUS_NATS_URL: this.#nats.url, KUBUS_LOG_LEVEL: "warn" };
    const child = spawn(process.execPath, [mainFile], { env, stdio: "inherit" });
    this.#child = child;
    const deadline = realWorld.monotonic() + startMsMax;
    const bus = await busTo(this.#nats);
    const path = { group: "", resource };
    const subject = bus.subjects.store("head", path);
    try {
      while (!(await call(bus, headRpc, subject, path).catch(() => undefined))) {
        if (child.exitCode !== null) throw new Error(`the store ended: ${child.exitCode}`);
        if (realWorld.monotonic() > deadline) throw new Error("the store does not answer");
        await realWorld.sleep(5);
      }
    } finally {
      await bus.close();
    }
  }

  async kill(): Promise<void> {
    await Promise.all([this.#end("SIGKILL"), this.#nats.kill("SIGKILL")]);
  }

  async stop(): Promise<void> {
    await this.#end("SIGKILL");
    await this.#nats.stop();
  }

  async connect(): Promise<Client> {
    return new KubusClient(await busTo(this.#nats));
  }

  pids(): readonly number[] {
    return [this.#nats.pid, this.#child?.pid ?? 0].filter((pid) => pid > 0);
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  }
}

/** The API server's own way to the store. */
class KubusClient implements Client {
  readonly #bus: NatsBus;
  readonly #life = new AbortController();
  readonly #store: StoreClient;

  constructor(bus: NatsBus) {
    this.#bus = bus;
    this.#store = createStoreClient({ bus, world: realWorld, signal: this.#life.signal });
  }

  create(puts: readonly Put[]): Promise<void> {
    return this.#commit(puts.map((put) => mutationOf("MUTATION_TYPE_CREATE", put)));
  }

  put(put: Put): Promise<void> {
    return this.#commit([mutationOf("MUTATION_TYPE_UPDATE", put)]);
  }

  async get(namespace: string, name: string): Promise<void> {
    await this.#store.get({ group: "", resource, namespace, name });
  }

  async list(namespace: string, limit: number): Promise<number> {
    const place = { group: "", resource, namespace, limit };
    let [afterNamespace, afterName, revision] = ["", "", 0];
    for (let found = 0; ;) {
      const answer = await this.#store.list({ ...place, afterNamespace, afterName, revision });
      found += answer.records.length;
      const last = answer.records.at(-1)?.key;
      if (!answer.more || !last) return found;
      [afterNamespace, afterName, revision] = [last.namespace, last.name, answer.revision];
    }
  }

  async watch(namespace: string, count: number, onDelivery: () => void): Promise<void> {
    const subject = this.#bus.subjects.watchResource("", resource);
    for (let index = 0; index < count; index += 1) {
      this.#bus.subscribe(subject, ({ data }) => {
        if (objectChanged.decode(data).namespace === namespace) onDelivery();
      });
    }
    await this.#bus.flush();
  }

  async close(): Promise<void> {
    this.#life.abort(new Error("the client is closed"));
    await this.#bus.close();
  }

  async #commit(mutations: readonly Mutation[]): Promise<void> {
    const { failure, message } = await this.#store.commit(mutations);
    if (failure !== "COMMIT_FAILURE_UNSPECIFIED") throw new Error(`${failure}: ${message}`);
  }
}

function mutationOf(type: Mutation["type"], { namespace, name, value }: Put): Mutation {
  const key: Key = { group: "", resource, namespace, name };
  const rest = { expectedRevision: 0, partition: "", confidential: false, ttlSeconds: 0 };
  return { type, key, value, ...rest };
}
