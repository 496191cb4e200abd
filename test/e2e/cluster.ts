/** A whole cluster for a test, made by `kubus up` as a user makes it, and kubectl on it. */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { realWorld } from "#libs/actor/world.ts";
import type { NatsBus } from "#libs/bus/connect.ts";
import { ensureKubectl } from "../../infra/kubectl/find.ts";
import { connectToCluster } from "../../infra/kubus/access.ts";
import type { ClusterRecord } from "../../infra/kubus/data.ts";
import { cacheFolder, root } from "../../infra/tools/cache.ts";

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

export interface ClusterOptions {
  readonly nodes?: number;
  readonly name?: string;
  readonly separate?: boolean;
  /** More options of `kubus up`. */
  readonly flags?: readonly string[];
}

const main = join(root, "infra", "kubus", "main.ts");
const commandMsMax = 90_000;
const pollMs = 100;

/** Runs a program to its end. Never rejects; code 124 when it took too long. */
export function run(
  program: string,
  args: readonly string[],
  { input = "", env = process.env, cwd }: RunOptions = {},
): Promise<Finished> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(commandMsMax);
    const child = spawn(program, args, { env, cwd, signal, stdio: "pipe" });
    const read = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"] as const) {
      child[stream].setEncoding("utf8").on("data", (text: string) => (read[stream] += text));
    }
    // A program that ends early does not read on.
    child.stdin.on("error", () => undefined).end(input);
    child.once("error", ({ message }) => resolve({ ...read, code: 124, stderr: message }));
    child.once("close", (code) => resolve({ ...read, code: code ?? 124 }));
  });
}

export class TestCluster {
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
  readonly kubectlPath: string;
  readonly #options: ClusterOptions;
  #record: ClusterRecord | undefined;

  private constructor(home: string, kubectl: string, options: ClusterOptions) {
    const { NATS_URL: _, ...rest } = process.env;
    const kubeconfig = join(home, "kubeconfig");
    this.home = home;
    this.env = { ...rest, HOME: home, KUBUS_CACHE: cacheFolder(), KUBECONFIG: kubeconfig };
    this.kubectlPath = kubectl;
    this.#options = options;
  }

  /** Rejects with what `kubus up` printed when it failed. */
  static async start(options: ClusterOptions = {}): Promise<TestCluster> {
    const home = await mkdtemp(join(tmpdir(), "kubus-e2e-"));
    const cluster = new TestCluster(home, (await ensureKubectl(process.env)).path, options);
    try {
      await cluster.up();
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  get name(): string {
    return this.#options.name ?? "kubus";
  }

  get folder(): string {
    return join(this.home, ".kubus", this.name);
  }

  get record(): ClusterRecord {
    if (!this.#record) throw new Error("the cluster was not started");
    return this.#record;
  }

  /** Starts the cluster, again after {@link down} or a kill; its objects are there. */
  async up(): Promise<string> {
    const { nodes = 1, separate = false, flags: more = [] } = this.#options;
    const flags = [...more, "--runtime=simulated", "--port=0", `--nodes=${nodes}`, "--detach"];
    const printed = await this.kubus("up", ...flags, ...(separate ? ["--separate"] : []));
    const text = await readFile(join(this.folder, "cluster.json"), "utf8");
    this.#record = JSON.parse(text) as ClusterRecord;
    return printed;
  }

  /** Ends the cluster for good and removes its files. */
  async stop(): Promise<void> {
    await run(process.execPath, [main, "down", "--name", this.name, "--purge"], { env: this.env });
    await rm(this.home, { recursive: true, force: true });
  }

  /** Runs a command of kubus on this cluster; rejects with its output when it fails. */
  async kubus(command: string, ...words: readonly string[]): Promise<string> {
    const name = command === "version" ? [] : ["--name", this.name];
    const args = [main, command, ...words, ...name];
    const finished = await run(process.execPath, args, { env: this.env });
    return outputOf(`kubus ${command} ${words.join(" ")}`, finished);
  }

  try(words: readonly string[], options: RunOptions = {}): Promise<Finished> {
    return run(this.kubectlPath, words, { ...options, env: { ...this.env, ...options.env } });
  }

  /** Runs kubectl; rejects with its output when it fails. */
  async kubectl(...words: readonly string[]): Promise<string> {
    return outputOf(`kubectl ${words.join(" ")}`, await this.try(words));
  }

  async apply(manifest: string, ...words: readonly string[]): Promise<string> {
    const finished = await this.try(["apply", "-f", "-", ...words], { input: manifest });
    return outputOf("kubectl apply", finished);
  }

  /** Objects as kubectl lists them. */
  async list<T>(resource: string, ...words: readonly string[]): Promise<T[]> {
    const text = await this.kubectl("get", resource, "-o", "json", ...words);
    return (JSON.parse(text) as { items: T[] }).items;
  }

  connect(user = "test"): Promise<NatsBus> {
    return connectToCluster(this.record, user, realWorld);
  }
}

/** Asks until the answer is good; rejects with the last one when it never is. */
export async function until<T>(
  what: string,
  ask: () => Promise<T>,
  isGood: (answer: T) => boolean,
  msMax = 60_000,
): Promise<T> {
  const started = realWorld.monotonic();
  while (true) {
    const answer = await ask().catch((error: unknown) => error as Error);
    if (!(answer instanceof Error) && isGood(answer)) return answer;
    if (realWorld.monotonic() - started > msMax) {
      const last = answer instanceof Error ? answer.message : JSON.stringify(answer);
      throw new Error(`${what}: not within ${msMax} ms, but ${last.slice(0, 4_000)}`);
    }
    await realWorld.sleep(pollMs);
  }
}

function outputOf(what: string, { code, stdout, stderr }: Finished): string {
  if (code === 0) return stdout.trim();
  throw new Error(`${what} (${code}): ${stderr}${stdout}`);
}
