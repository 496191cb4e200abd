/** A whole cluster on this machine whose pods are containers, as a user starts it, and kubectl. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { text } from "node:stream/consumers";
import Docker from "dockerode";
import { realWorld } from "#libs/actor/world.ts";
import { nodeImage } from "../../infra/images/build.ts";
import { ensureKubectl } from "../../infra/kubectl/find.ts";
import { connectToCluster } from "../../infra/kubus/access.ts";
import { readRecord } from "../../infra/kubus/data.ts";
import { cacheFolder } from "../../infra/tools/cache.ts";
import { capture, mustRun } from "../../infra/tools/command.ts";
import { labels } from "../../services/kubelet/runtimes/docker/labels.ts";

const main = join(import.meta.dirname, "..", "..", "infra", "kubus", "main.ts");
const pollMs = 50;
const patienceMs = 60_000;
const upMsMax = 60_000;

export class DockerCluster {
  readonly docker = new Docker();
  /** An image that is on this machine, with Node in it. */
  readonly image: string;
  readonly #folder: string;
  readonly #name: string;
  readonly #kubectl: string;

  private constructor(folder: string, kubectl: string, image: string) {
    this.#folder = folder;
    // Clusters of one name would have the same subjects and contexts.
    this.#name = basename(folder).toLowerCase().slice(-12);
    this.#kubectl = kubectl;
    this.image = image;
  }

  static async start(): Promise<DockerCluster> {
    const folder = await mkdtemp(join(tmpdir(), "kubus-docker-"));
    const kubectl = await ensureKubectl(process.env);
    const image = await nodeImage(new Docker(), process.env);
    const cluster = new DockerCluster(folder, kubectl.path, image);
    await cluster.up();
    return cluster;
  }

  async up(): Promise<void> {
    const kubeconfig = join(this.#folder, "kubeconfig");
    const flags = ["--runtime", "docker", "--port", "0", "--kubeconfig", kubeconfig, "--detach"];
    await this.#kubus("up", ...flags);
  }

  async down(): Promise<void> {
    await this.#kubus("down");
  }

  async stop(): Promise<void> {
    await this.#kubus("down", "--purge");
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Ends the cluster's process without a word. */
  async kill(): Promise<void> {
    const record = await readRecord(this.#data);
    if (record) process.kill(record.pid, "SIGKILL");
  }

  /** Crashes one component, as an experiment would, and resolves when it was told. */
  async crash(component: string, instance: string): Promise<void> {
    const record = await readRecord(this.#data);
    if (!record) throw new Error("the cluster does not run");
    const bus = await connectToCluster(record, "test", realWorld);
    try {
      const subject = bus.subjects.actor(component, instance, "control");
      await bus.request(subject, Buffer.from('{"crash":{}}'));
    } finally {
      await bus.close();
    }
  }

  /** The cluster's only node. */
  get node(): string {
    return `${this.#name}-node-1`;
  }

  /** Runs kubectl; rejects with its output when it fails. */
  async kubectl(...words: readonly string[]): Promise<string> {
    return (await mustRun(this.#kubectl, words, this.#options())).trim();
  }

  /** Starts kubectl; the caller reads and ends it. */
  begin(words: readonly string[]): ChildProcessWithoutNullStreams {
    return spawn(this.#kubectl, words, { env: this.#options().env });
  }

  /** Runs kubectl to its end, whatever comes of it. */
  async try(words: readonly string[], input = "") {
    const child = this.begin(words);
    const [stdout, stderr] = [text(child.stdout), text(child.stderr)];
    child.stdin.on("error", () => undefined).end(input);
    const [code] = (await once(child, "close")) as [number | null];
    return { code, stdout: await stdout, stderr: await stderr };
  }

  /** Applies objects. */
  async apply(...objects: readonly object[]): Promise<void> {
    for (const object of objects) {
      const file = join(this.#folder, `${realWorld.uuid()}.json`);
      await writeFile(file, JSON.stringify(object));
      await this.kubectl("apply", "-f", file);
    }
  }

  /** Runs kubectl until its output is as wanted; rejects with the last one when it never is. */
  async eventually(words: readonly string[], isWanted: (text: string) => boolean): Promise<string> {
    return eventually(words.join(" "), () => this.kubectl(...words), isWanted);
  }

  /** Names of this cluster's containers, dead ones too. */
  async containers(): Promise<string[]> {
    const filters = { label: [labels.folder] };
    const found = await this.docker.listContainers({ all: true, filters });
    return found
      .filter(({ Labels }) => Labels[labels.folder]?.startsWith(`${this.#folder}/`))
      .flatMap(({ Names }) => Names[0] ?? []);
  }

  async #kubus(...words: readonly string[]): Promise<string> {
    const which = ["--name", this.#name, "--data", this.#data];
    const options = { ...this.#options(), timeoutMs: upMsMax };
    const { code, stdout, stderr } = await capture(
      process.execPath,
      [main, ...words, ...which],
      options,
    );
    if (code !== 0) throw new Error(`kubus ${words.join(" ")}: ${stderr || stdout}`);
    return stdout;
  }

  get #data(): string {
    return join(this.#folder, "cluster");
  }

  #options() {
    const { NATS_URL: _, ...rest } = process.env;
    const KUBECONFIG = join(this.#folder, "kubeconfig");
    const env = { ...rest, HOME: this.#folder, KUBECONFIG, KUBUS_CACHE: cacheFolder() };
    return { env, timeoutMs: 30_000 };
  }
}

/** Reads until the text is as wanted; what fails is tried again. Rejects with the last text. */
export async function eventually(
  what: string,
  read: () => Promise<string>,
  isWanted: (text: string) => boolean,
): Promise<string> {
  const started = realWorld.monotonic();
  let last = "";
  while (realWorld.monotonic() - started < patienceMs) {
    last = await read().catch(String);
    if (isWanted(last)) return last;
    await realWorld.sleep(pollMs);
  }
  throw new Error(`${what} never came to what was wanted: ${last}`);
}

/** The body that a server answers with; a connection for each question. */
export function ask(host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ host, port, agent: false }, (response) => resolve(text(response)));
    asked.on("error", reject);
    asked.end();
  });
}
