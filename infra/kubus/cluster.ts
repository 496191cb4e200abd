/** Assembles a cluster from its settings, step by step, and ends it again. */
import { closeSync, openSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import pino, { type Logger } from "pino";
import type { World } from "#libs/actor/world.ts";
import type { NatsBus } from "#libs/bus/connect.ts";
import { ensurePki, type Pki } from "../certs/pki.ts";
import { type ClusterBus, ownBus, usersBus } from "./bus.ts";
import { type ClusterRecord, type DataFolder, dataFiles, readRecord, writeRecord } from "./data.ts";
import { chooseRuntime } from "./docker.ts";
import { whichCluster } from "./farewell.ts";
import { addCluster, kubeconfigPath, kubeconfigText, removeCluster } from "./kubeconfig/file.ts";
import type { ClusterAccess } from "./kubeconfig/merge.ts";
import { ownHosts, type Runtime, type Settings } from "./options.ts";
import { apiGet } from "./api.ts";
import { type Backend, type FrontDoor, openFrontDoor } from "./frontdoor.ts";
import { type Layout, readLayout, settleLayout, usualLayout, writeLayout } from "./layout.ts";
import { expectsStore, refuseLostStore } from "./keeping/lost.ts";
import { firstServiceIp } from "./networks.ts";
import { checkNames, nodeNames, type Part, planStages, services } from "./plan.ts";
import { freePort, keptOrFreePort } from "./ports.ts";
import type { Step } from "./progress.ts";
import { untilNodesReady, untilServing, untilStoreServes } from "./readiness.ts";
import { loadComponents } from "./runners/components.ts";
import { InProcessRunner } from "./runners/inprocess.ts";
import { connectTo, type Runner } from "./runners/runner.ts";
import { SeparateRunner } from "./runners/separate.ts";

/** Milliseconds for an API server to say that it is ready. */
const readyzMsMax = 1_000;

/** What is settled before the first step: it costs nothing and fails for the user's reasons. */
interface Decisions {
  /** Where clients reach the API servers. */
  readonly port: number;
  /** Of each API server: the same, or behind a front door others. */
  readonly ports: readonly number[];
  readonly layout: Layout;
  readonly runtime: Runtime;
  readonly nodes: readonly string[];
  readonly before: ClusterRecord | undefined;
}

export class Cluster {
  readonly settings: Settings;
  readonly files: DataFolder;
  readonly warnings: string[] = [];
  readonly #env: NodeJS.ProcessEnv;
  readonly #world: World;
  readonly #log: Logger;
  readonly #logFile: number;
  readonly #decided: Decisions;
  #bus: ClusterBus | undefined;
  #pki: Pki | undefined;
  #connection: NatsBus | undefined;
  #runner: Runner | undefined;
  #frontDoor: FrontDoor | undefined;
  #record: ClusterRecord | undefined;

  private constructor(
    settings: Settings,
    decided: Decisions,
    env: NodeJS.ProcessEnv,
    world: World,
  ) {
    this.settings = settings;
    this.files = dataFiles(settings.data);
    this.#decided = decided;
    this.#env = env;
    this.#world = world;
    this.#logFile = openSync(this.files.log, "a", 0o600);
    const level = env["KUBUS_LOG_LEVEL"] ?? "info";
    this.#log = pino({ level }, pino.destination({ fd: this.#logFile, sync: true }));
  }

  /** Rejects when the settings cannot work on this machine; nothing was started then. */
  static async prepare(settings: Settings, env: NodeJS.ProcessEnv, world: World): Promise<Cluster> {
    const { only, name } = settings;
    const isSomeController = only?.some((part) => !services.some((service) => service === part));
    if (only && isSomeController) {
      checkNames(
        only,
        (await loadComponents("controllers")).map((component) => component.name),
      );
    }
    const before = await readRecord(settings.data);
    const keptLayout = (await readLayout(settings.data)) ?? (before && usualLayout);
    const usersServer = settings.natsUrl !== undefined;
    const layout = settleLayout(settings.layout, keptLayout, usersServer);
    const decided = {
      ...(await choosePorts(settings, layout, before)),
      layout,
      runtime: await chooseRuntime(settings.runtime, env),
      nodes: nodeNames(name, settings.nodes),
      before,
    };
    return new Cluster(settings, decided, env, world);
  }

  get access(): ClusterAccess {
    const { ca, admin } = known(this.#pki);
    return { context: this.settings.context, server: this.#server, ca, ...admin };
  }

  get bus(): ClusterBus {
    return known(this.#bus);
  }

  /** Everything between nothing and a cluster that serves, in order. */
  steps(): Step[] {
    const { nodes, waitMs, separate } = this.settings;
    const serves = this.#runs("apiserver");
    const waits = serves && this.#runs("kubelet") && nodes > 0 && waitMs > 0;
    // Loading takes a while, and nats-server needs the same while to come up.
    if (!separate) void this.#preload();
    return [
      { title: "nats-server", run: () => this.#startBus() },
      { title: "certificates", run: () => this.#readPki() },
      ...this.#stages().map((names, index) => ({
        title: names,
        run: () => this.#startStage(index),
      })),
      ...(serves ? [{ title: "kubeconfig", run: () => this.#mergeKubeconfig() }] : []),
      ...(waits ? [{ title: "nodes", run: () => this.#waitForNodes() }] : []),
    ];
  }

  /** Tells the other commands that the start is over. */
  async markRunning(): Promise<void> {
    const record = known(this.#record);
    const keepsStore = record.keepsStore === true || this.#runs("store");
    await this.#write({ ...record, phase: "running", keepsStore });
  }

  /** Ends everything in order; the context leaves the kubeconfig, the objects stay. */
  async stop(): Promise<void> {
    const record = this.#record;
    if (record?.kubeconfig) {
      await removeCluster(record.kubeconfig, record.context, record.contextBefore);
    }
    await this.#frontDoor?.close();
    await this.#runner?.stop();
    await this.#connection?.close();
    await this.#bus?.stop();
    this.#log.flush();
    closeSync(this.#logFile);
  }

  get #server(): string {
    return urlOf({ host: reachable(this.settings.host), port: this.#decided.port });
  }

  /** Options by which other commands find this cluster. */
  get #which(): string {
    return whichCluster(this.settings.name, this.settings.data);
  }

  get #backends(): Backend[] {
    const host = reachable(this.settings.host);
    return this.#decided.ports.map((port) => ({ host, port }));
  }

  #runs(service: string): boolean {
    const { only } = this.settings;
    return only === undefined || only.includes(service);
  }

  async #preload(): Promise<void> {
    const wanted = services.filter((service) => this.#runs(service));
    // What fails to load fails again, and is told, in the step that needs it.
    await Promise.allSettled(wanted.map(loadComponents));
  }

  async #startBus(): Promise<string> {
    const { natsUrl, context: prefix, separate } = this.settings;
    const { layout } = this.#decided;
    const log = this.#log;
    const world = this.#world;
    this.#bus = natsUrl
      ? await usersBus(natsUrl, prefix, layout.replicas, world)
      : await ownBus({
          folder: this.files.nats,
          servers: layout.busServers,
          prefix,
          env: this.#env,
          log,
          world,
        });
    this.warnings.push(...this.#bus.warnings);
    const { address } = this.#bus;
    if (this.#runs("store") && expectsStore(this.#decided.before, address)) {
      await refuseLostStore(address, this.#which, world);
    }
    await writeLayout(this.files.path, layout);
    if (separate) this.#connection = await connectTo(address, "up", world);
    this.#runner = this.#makeRunner();
    await this.#write(this.#firstRecord());
    return this.#bus.remark;
  }

  #makeRunner(): Runner {
    const { address } = known(this.#bus);
    const log = this.#log;
    const world = this.#world;
    if (!this.#connection) return new InProcessRunner({ bus: address, log, world });
    const connection = this.#connection;
    return new SeparateRunner({ bus: address, connection, logFile: this.#logFile, log, world });
  }

  async #readPki(): Promise<undefined> {
    const { serviceCidr, host } = this.settings;
    const serviceIp = firstServiceIp(serviceCidr);
    const folder = this.files.pki;
    this.#pki = await ensurePki({ folder, serviceIp, hosts: ownHosts(host), world: this.#world });
  }

  #plan(pki: Pki): Part[][] {
    const { only, host, serviceCidr, data } = this.settings;
    const { port, ports, layout, runtime, nodes } = this.#decided;
    const where = { host, port, ports, serviceCidr, data };
    return planStages({ ...where, only, layout, pki, nodes, runtime });
  }

  /** Titles of the stages: the services in each. */
  #stages(): string[] {
    const none = { cert: "", key: "" };
    const serviceAccount = { publicKey: "", key: "" };
    const pki = { ca: "", caKey: "", apiserver: none, admin: none, serviceAccount };
    return this.#plan(pki).map((stage) =>
      [...new Set(stage.map(({ service, component }) => component ?? service))].join(", "),
    );
  }

  async #startStage(index: number): Promise<string | undefined> {
    const stage = this.#plan(known(this.#pki))[index] ?? [];
    const starting = known(this.#runner).start(stage);
    await (stage.some(({ service }) => service === "store")
      ? untilStoreServes(this.bus.address, starting, this.#which, this.#world)
      : starting);
    if (!stage.some(({ service }) => service === "apiserver")) return undefined;
    for (const backend of this.#backends) {
      await untilServing({ ...this.access, server: urlOf(backend) }, this.#world);
    }
    if (this.#backends.length > 1) await this.#openFrontDoor();
    return this.#server;
  }

  async #openFrontDoor(): Promise<void> {
    const { access } = this;
    this.#frontDoor = await openFrontDoor({
      host: this.settings.host,
      port: this.#decided.port,
      backends: this.#backends,
      isReady: (backend) =>
        apiGet({ ...access, server: urlOf(backend) }, "/readyz", readyzMsMax).then(
          ({ status }) => status === 200,
          () => undefined,
        ),
      world: this.#world,
    });
  }

  async #mergeKubeconfig(): Promise<string> {
    const file = await kubeconfigPath(this.settings.kubeconfig, this.#env);
    const text = kubeconfigText(this.access);
    await writeFile(this.files.kubeconfig, text, { mode: 0o600 });
    const current = await addCluster(file, this.access);
    // After a kill the context is still there; what was current before is known from then.
    const { before } = this.#decided;
    const own = current === this.settings.context;
    const contextBefore = own ? (before?.contextBefore ?? "") : current;
    await this.#write({ ...known(this.#record), kubeconfig: file, contextBefore });
    return `context ${this.settings.context} in ${file}`;
  }

  async #waitForNodes(): Promise<string> {
    const { nodes } = this.#decided;
    const { waitMs } = this.settings;
    const missing = await untilNodesReady(this.access, nodes, waitMs, this.#world);
    if (missing.length === 0) return `${nodes.length} ready`;
    const shown = missing.slice(0, 5).join(", ") + (missing.length > 5 ? ", …" : "");
    this.warnings.push(`not ready within ${waitMs / 1000} s: ${shown}`);
    return `${nodes.length - missing.length} of ${nodes.length} ready`;
  }

  #firstRecord(): ClusterRecord {
    const { name, context, separate } = this.settings;
    const { nodes, runtime } = this.#decided;
    const { servers, token, prefix } = known(this.#bus).address;
    return {
      name,
      context,
      pid: process.pid,
      phase: "starting",
      server: this.#server,
      apiservers: this.#backends.map(urlOf),
      natsUrl: servers,
      natsToken: token,
      prefix,
      nodes,
      runtime,
      separate,
      keepsStore: this.#decided.before?.keepsStore === true,
      kubeconfig: undefined,
      contextBefore: "",
      startedAt: this.#world.now(),
    };
  }

  async #write(record: ClusterRecord): Promise<void> {
    this.#record = record;
    await writeRecord(this.files.path, record);
  }
}

const reachable = (host: string) => (host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host);

const urlOf = ({ host, port }: Backend) =>
  `https://${host.includes(":") ? `[${host}]` : host}:${port}`;

/** The port for clients, and those of the API servers behind it; of before where they are free. */
async function choosePorts(
  { only, host, port }: Settings,
  { apiservers }: Layout,
  before: ClusterRecord | undefined,
): Promise<Pick<Decisions, "port" | "ports">> {
  const serves = only === undefined || only.includes("apiserver");
  if (!serves) return { port, ports: [port] };
  const portOf = (url: string | undefined) => (url ? Number(new URL(url).port) : 0);
  const kept = portOf(before?.server);
  const chosen = await (port === 0 ? keptOrFreePort(host, kept) : freePort(host, port));
  if (apiservers === 1) return { port: chosen, ports: [chosen] };
  const ports: number[] = [];
  while (ports.length < apiservers) {
    const one = await keptOrFreePort(host, portOf(before?.apiservers?.[ports.length]));
    ports.push(one === chosen || ports.includes(one) ? await freePort(host, 0) : one);
  }
  return { port: chosen, ports };
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("a step of the start was left out");
  return value;
}
