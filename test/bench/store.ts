/** What the store does a second: durable writes, reads, lists, watchers, restart. Never a test. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { realWorld } from "#libs/actor/world.ts";
import { call } from "#libs/bus/bus.ts";
import { connect, type NatsBus } from "#libs/bus/connect.ts";
import { startNatsServer, type TestNatsServer } from "#libs/testing/nats.ts";
import type { CommitRequest, Key } from "#proto/gen/kubus/store/v1.ts";
import { commitRpc, getRpc, headRpc, listRpc } from "../../services/store/wire.ts";

/** One measured number. */
export interface Measured {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

const secondsOfEach = 3;
const mainFile = join(import.meta.dirname, "..", "..", "services", "store", "main.ts");
const now = () => realWorld.monotonic();

/** @param args `--objects N`: keys for the restart (100,000); `--seconds N` for each measurement */
export async function run(args: readonly string[] = []): Promise<Measured[]> {
  const objects = Number(option(args, "objects") ?? 100_000);
  const seconds = Number(option(args, "seconds") ?? secondsOfEach);
  const nats = await startNatsServer();
  const bench = new StoreBench(nats, seconds);
  try {
    await bench.start();
    await bench.puts(1, 1_024);
    await bench.puts(64, 1_024);
    await bench.puts(256, 1_024);
    await bench.puts(64, 3_072);
    await bench.gets(64);
    await bench.watchers(100);
    await bench.list(10_000);
    await bench.restart(objects);
    return bench.measured;
  } finally {
    await bench.stop();
    await nats.stop();
  }
}

function option(args: readonly string[], name: string): string | undefined {
  const at = args.indexOf(`--${name}`);
  return at < 0 ? undefined : args[at + 1];
}

class StoreBench {
  readonly measured: Measured[] = [];
  readonly #nats: TestNatsServer;
  readonly #seconds: number;
  #child: ChildProcess | undefined;
  #bus: NatsBus | undefined;
  #keys = 0;

  constructor(nats: TestNatsServer, seconds: number) {
    this.#nats = nats;
    this.#seconds = seconds;
  }

  get #connected(): NatsBus {
    if (!this.#bus) throw new Error("not connected");
    return this.#bus;
  }

  async start(): Promise<void> {
    const { url: servers } = this.#nats;
    this.#bus = await connect({ servers, prefix: "kubus", name: "bench", world: realWorld });
    await this.#startStore();
  }

  async stop(): Promise<void> {
    await this.#endStore("SIGTERM");
    await this.#bus?.close();
  }

  /** Overwrites 1,000 keys for some seconds with so many clients, each waiting for its answer. */
  async puts(clients: number, bytes: number): Promise<void> {
    const value = Buffer.alloc(bytes, "kubus ");
    const keys = Array.from({ length: 1_000 }, (_, index) => keyOf(`put-${index}`));
    for (const key of keys) await this.#put("CREATE", key, value);
    const latencies = await this.#load(clients, (turn) => {
      return this.#put("UPDATE", keys[turn % keys.length] ?? keyOf("put"), value);
    });
    for (const key of keys) await this.#put("DELETE", key, Buffer.alloc(0));
    this.#note(`put, ${clients} clients, ${bytes} bytes`, latencies);
  }

  async gets(clients: number): Promise<void> {
    const key = keyOf("got");
    await this.#put("CREATE", key, Buffer.alloc(1_024, "kubus "));
    const subject = this.#connected.subjects.store("get", key);
    const request = { key, revision: 0 };
    const latencies = await this.#load(clients, () =>
      call(this.#connected, getRpc, subject, request),
    );
    this.#note(`get, ${clients} clients`, latencies);
  }

  /** Deliveries a second to so many subscriptions while 64 clients write. */
  async watchers(count: number): Promise<void> {
    const { url: servers } = this.#nats;
    const watching = await connect({
      servers,
      prefix: "kubus",
      name: "watchers",
      world: realWorld,
    });
    let deliveries = 0;
    const subject = watching.subjects.watchResource("", "configmaps");
    for (let index = 0; index < count; index += 1) {
      watching.subscribe(subject, () => (deliveries += 1));
    }
    await watching.flush();
    const value = Buffer.alloc(1_024, "kubus ");
    const key = keyOf("watched");
    await this.#put("CREATE", key, value);
    const startedAt = now();
    deliveries = 0;
    await this.#load(64, () => this.#put("UPDATE", key, value));
    const perSecond = deliveries / ((now() - startedAt) / 1_000);
    this.measured.push({ name: `deliveries, ${count} watchers`, value: perSecond, unit: "/s" });
    await watching.close();
  }

  async list(count: number): Promise<void> {
    await this.#fill(count);
    const startedAt = now();
    const place = { group: "", resource: "configmaps", namespace: "filled", limit: 500 };
    let [afterNamespace, afterName, revision, found] = ["", "", 0, 0];
    while (true) {
      const request = { ...place, afterNamespace, afterName, revision };
      const subject = this.#connected.subjects.store("list", place);
      const answer = await call(this.#connected, listRpc, subject, request);
      found += answer.records.length;
      const { key } = answer.records[answer.records.length - 1] ?? {};
      [afterNamespace, afterName, revision] = [
        key?.namespace ?? "",
        key?.name ?? "",
        answer.revision,
      ];
      if (!answer.more) break;
    }
    this.measured.push({
      name: `list of ${found} in pages of 500`,
      value: now() - startedAt,
      unit: "ms",
    });
  }

  /** Kills the store and measures the time until it answers with so many keys. */
  async restart(count: number): Promise<void> {
    await this.#fill(count);
    await this.#endStore("SIGKILL");
    const startedAt = now();
    await this.#startStore();
    const name = `restart after a kill, ${this.#keys} keys`;
    this.measured.push({ name, value: now() - startedAt, unit: "ms" });
  }

  async #fill(count: number): Promise<void> {
    const value = Buffer.alloc(1_024, "kubus ");
    const create = async () => {
      while (this.#keys < count) {
        const name = `object-${this.#keys++}`;
        await this.#put("CREATE", { ...keyOf(name), namespace: "filled" }, value);
      }
    };
    await Promise.all(Array.from({ length: 256 }, create));
  }

  async #load(clients: number, ask: (turn: number) => Promise<unknown>): Promise<number[]> {
    const latencies: number[] = [];
    const endsAt = now() + this.#seconds * 1_000;
    let turn = 0;
    const client = async () => {
      while (now() < endsAt) {
        const startedAt = now();
        await ask(turn++);
        latencies.push(now() - startedAt);
      }
    };
    await Promise.all(Array.from({ length: clients }, client));
    return latencies.toSorted((a, b) => a - b);
  }

  #note(name: string, latencies: readonly number[]): void {
    const at = (part: number) => latencies[Math.floor(latencies.length * part)] ?? 0;
    this.measured.push(
      { name, value: latencies.length / this.#seconds, unit: "/s" },
      { name: `${name}: p50`, value: at(0.5), unit: "ms" },
      { name: `${name}: p99`, value: at(0.99), unit: "ms" },
    );
  }

  async #put(type: "CREATE" | "UPDATE" | "DELETE", key: Key, value: Uint8Array): Promise<void> {
    const mutation = { key, value, expectedRevision: 0, partition: "", ttlSeconds: 0 };
    const request: CommitRequest = {
      mutations: [{ ...mutation, type: `MUTATION_TYPE_${type}`, confidential: false }],
      requestId: "",
    };
    const subject = this.#connected.subjects.store("commit", key);
    const { failure, message } = await call(this.#connected, commitRpc, subject, request);
    if (failure !== "COMMIT_FAILURE_UNSPECIFIED") throw new Error(`${failure}: ${message}`);
  }

  async #startStore(): Promise<void> {
    const env = { ...process.env, KUBUS_NATS_URL: this.#nats.url, KUBUS_LOG_LEVEL: "warn" };
    this.#child = spawn(process.execPath, [mainFile], { env, stdio: "inherit" });
    const path = { group: "", resource: "configmaps" };
    const subject = this.#connected.subjects.store("head", path);
    while (true) {
      const head = await call(this.#connected, headRpc, subject, path).catch(() => undefined);
      if (head) return;
      await realWorld.sleep(5);
    }
  }

  async #endStore(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  }
}

const keyOf = (name: string): Key => ({
  group: "",
  resource: "configmaps",
  namespace: "default",
  name,
});
