/** A cluster in containers, made with testcontainers, and kubectl outside of it. */
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Docker from "dockerode";
import {
  GenericContainer,
  Network,
  type StartedNetwork,
  type StartedTestContainer,
  Wait,
} from "testcontainers";
import { realWorld } from "#libs/actor/world.ts";
import { ensurePki, type Pki } from "../../infra/certs/pki.ts";
import { buildImages, natsImage } from "../../infra/images/build.ts";
import { ensureKubectl } from "../../infra/kubectl/find.ts";
import { payloadMax } from "../../infra/nats/config.ts";
import { ensureNatsServer } from "../../infra/nats/find.ts";
import { capture } from "../../infra/tools/command.ts";

// The reaper's image comes from a registry, which a machine without a network does not reach; the
// containers are removed by `stop` in any case.
process.env.TESTCONTAINERS_RYUK_DISABLED ??= "true";

const natsConfig = `listen: "0.0.0.0:4222"
max_payload: ${payloadMax}
jetstream { store_dir: "/data", sync_interval: always }
`;
const apiPort = 6443;
const nodes = ["node-1", "node-2"];
const serviceCidr = "127.98.0.0/16";
const pollMs = 200;
const patienceMs = 90_000;

type Part = { readonly service: string; readonly instance: string; readonly config: unknown };

export class ContainerCluster {
  readonly #docker = new Docker();
  readonly #containers = new Map<string, StartedTestContainer>();
  readonly #folder: string;
  readonly #pki: Pki;
  readonly #kubectl: string;
  #network: StartedNetwork | undefined;
  #server = "";

  private constructor(folder: string, pki: Pki, kubectl: string) {
    this.#folder = folder;
    this.#pki = pki;
    this.#kubectl = kubectl;
  }

  static async start(): Promise<ContainerCluster> {
    const folder = await mkdtemp(join(tmpdir(), "kubus-containers-"));
    const kubectl = await ensureKubectl(process.env);
    const pki = await ensurePki({ folder: join(folder, "pki"), serviceIp: "127.98.0.1" });
    const cluster = new ContainerCluster(folder, pki, kubectl.path);
    try {
      await cluster.#startAll();
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#containers.values()].map((container) => container.stop()));
    await this.#network?.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Runs kubectl; rejects with its output when it fails. */
  async kubectl(...words: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.#run(words);
    if (code !== 0) throw new Error(`kubectl ${words.join(" ")}: ${stderr || stdout}`);
    return stdout.trim();
  }

  /** Runs kubectl until its output is as wanted; rejects with the last one when it never is. */
  async eventually(words: readonly string[], isWanted: (text: string) => boolean): Promise<string> {
    const started = realWorld.monotonic();
    let last = "";
    while (realWorld.monotonic() - started < patienceMs) {
      const { code, stdout, stderr } = await this.#run(words);
      last = code === 0 ? stdout.trim() : stderr;
      if (code === 0 && isWanted(last)) return last;
      await realWorld.sleep(pollMs);
    }
    throw new Error(`kubectl ${words.join(" ")} never came to what was wanted: ${last}`);
  }

  /** SIGKILL, as a crash of the machine would. */
  async kill(service: string): Promise<void> {
    await this.#handle(service).kill({ signal: "SIGKILL" });
  }

  async startAgain(service: string): Promise<void> {
    await this.#handle(service).start();
  }

  #handle(service: string): Docker.Container {
    const container = this.#containers.get(service);
    if (!container) throw new Error(`no container ${service}`);
    return this.#docker.getContainer(container.getId());
  }

  async #run(words: readonly string[]) {
    const file = (name: string) => join(this.#folder, "pki", name);
    const flags = [
      `--server=${this.#server}`,
      `--certificate-authority=${file("ca.crt")}`,
      `--client-certificate=${file("admin.crt")}`,
      `--client-key=${file("admin.key")}`,
    ];
    return capture(this.#kubectl, [...flags, ...words], {
      env: { ...process.env, KUBECONFIG: "/dev/null", HOME: this.#folder },
    });
  }

  async #startAll(): Promise<void> {
    const { path } = await ensureNatsServer(process.env);
    const nats = await natsImage(this.#docker, process.env, path);
    // One image serves all: which service runs is told by the environment.
    const image = (await buildImages(["store"], process.env)).of("store");
    this.#network = await new Network().start();
    await this.#startNats(nats, this.#network);
    await this.#startPart(image, { service: "store", instance: "0", config: {} });
    await this.#startApiserver(image);
    const rest: Part[] = [
      { service: "controllers", instance: "0", config: { rootCa: this.#pki.ca } },
      { service: "scheduler", instance: "0", config: {} },
      { service: "proxy", instance: "0", config: { mode: "userspace", serviceCidr } },
      ...nodes.map((instance) => ({
        service: "kubelet",
        instance,
        config: { runtime: "simulated" },
      })),
    ];
    await Promise.all(rest.map((part) => this.#startPart(image, part)));
  }

  async #startNats(image: string, network: StartedNetwork): Promise<void> {
    const container = await new GenericContainer(image)
      .withNetwork(network)
      .withNetworkAliases("nats")
      .withCopyContentToContainer([{ content: natsConfig, target: "/nats.conf" }])
      .withCommand(["-c", "/nats.conf"])
      .withWaitStrategy(Wait.forLogMessage("Server is ready"))
      .start();
    this.#containers.set("nats", container);
  }

  async #startApiserver(image: string): Promise<void> {
    const { apiserver, ca, serviceAccount } = this.#pki;
    const config = {
      host: "0.0.0.0",
      port: apiPort,
      tls: { ...apiserver, clientCa: ca },
      serviceAccountKeys: [serviceAccount.publicKey],
      serviceCidr,
      advertiseAddress: "10.0.0.1",
    };
    const port = await freePort();
    const part = { service: "apiserver", instance: "0", config };
    const container = await this.#container(image, part)
      .withExposedPorts({ container: apiPort, host: port })
      .withWaitStrategy(Wait.forLogMessage("the API server serves"))
      .start();
    this.#containers.set("apiserver", container);
    this.#server = `https://127.0.0.1:${port}`;
  }

  async #startPart(image: string, part: Part): Promise<void> {
    const container = await this.#container(image, part).start();
    const name = this.#containers.has(part.service)
      ? `${part.service}/${part.instance}`
      : part.service;
    this.#containers.set(name, container);
  }

  #container(image: string, { service, instance, config }: Part): GenericContainer {
    if (!this.#network) throw new Error("the network is not there yet");
    return new GenericContainer(image).withNetwork(this.#network).withEnvironment({
      SERVICE: service,
      KUBUS_NATS_URL: "nats://nats:4222",
      KUBUS_INSTANCE: instance,
      KUBUS_CONFIG: JSON.stringify(config),
    });
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
