/** Registers the node and keeps telling that it lives. */
import type { Host } from "#libs/actor/component.ts";
import { leases } from "#libs/api/coordination/v1/leases.ts";
import { nodes } from "#libs/api/core/v1/nodes.ts";
import { hasReason } from "#libs/api/errors.ts";
import type { Client } from "#libs/client/client.ts";
import type { Node } from "#proto/gen/k8s/core/v1.ts";
import type { Lease } from "#proto/gen/k8s/coordination/v1.ts";
import { isContradicted, leaseOf, type NodeFacts, nodeOf, statusOf } from "./decide.ts";

/** As the kubelet: a quarter of the lease. */
const leaseRenewMs = 10_000;
/** As nodeStatusReportFrequency. */
const statusReportMs = 300_000;
/** As nodeStatusUpdateFrequency: how often the node looks whether its status still shows. */
const statusCheckMs = 10_000;
const runtimeCheckMs = 5_000;

/** The node in the API: registered once, told about for as long as its host lives. */
export class NodeKeeper {
  readonly #host: Host;
  readonly #client: Client;
  readonly #facts: NodeFacts;
  readonly #checkRuntime: () => Promise<unknown>;
  #isRuntimeUp = true;
  #checking: Promise<unknown> | undefined;
  #node: Node | undefined;
  #lease: Lease | undefined;

  /** `checkRuntime` rejects when the runtime is out of reach. */
  constructor(host: Host, client: Client, facts: NodeFacts, checkRuntime: () => Promise<unknown>) {
    this.#host = host;
    this.#client = client;
    this.#facts = facts;
    this.#checkRuntime = checkRuntime;
  }

  /** The registered object; undefined before. */
  get node(): Node | undefined {
    return this.#node;
  }

  /** Creates the node or takes over the one that is there, and shows it as ready. */
  async register(): Promise<void> {
    this.#node = await this.#ensureNode();
    await this.reportStatus();
    await this.renewLease();
  }

  /** Starts the signs of life; they end with the host. */
  keepAlive(): void {
    const { world, log, onEnd } = this.#host;
    const told = (what: string) => (error: unknown) => log.warn({ err: error }, what);
    onEnd(world.every(leaseRenewMs, () => void this.renewLease().catch(told("no lease"))));
    onEnd(world.every(runtimeCheckMs, () => void this.#check().catch(noStatus)));
    const noStatus = told("no status");
    onEnd(world.every(statusCheckMs, () => void this.correctStatus().catch(noStatus)));
    onEnd(world.every(statusReportMs, () => void this.reportStatus().catch(noStatus)));
  }

  /** A node whose runtime comes or goes says so at once; one that does not answer is gone. */
  async #check(): Promise<void> {
    this.#checking ??= this.#checkRuntime().finally(() => (this.#checking = undefined));
    const late = this.#host.world.sleep(runtimeCheckMs, this.#host.signal).then(() => false);
    const isUp = await Promise.race([this.#checking.then(() => true), late]).catch(() => false);
    late.catch(() => undefined);
    if (this.#host.signal.aborted) return;
    if (isUp === this.#isRuntimeUp) return;
    this.#isRuntimeUp = isUp;
    await this.reportStatus();
  }

  /** Writes the status again; a node that somebody deleted is registered anew. */
  async reportStatus(): Promise<void> {
    for (let tries = 0; tries < conflictTriesMax; tries += 1) {
      const node = this.#node ?? (await this.#ensureNode());
      const runtime = { isUp: this.#isRuntimeUp };
      const status = statusOf(this.#facts, node.status, this.#host.world.now(), runtime);
      try {
        this.#node = (await this.#client.update(nodes, { ...node, status }, "status")).object;
        return;
      } catch (error) {
        if (!hasReason(error, "Conflict") && !hasReason(error, "NotFound")) throw error;
        this.#node = await this.#ensureNode();
      }
    }
  }

  /**
   * Reports again when somebody else had the last word: a node that was silent for a while is
   * called lost, and must not stay so until its next report. One that was deleted stays deleted
   * until then.
   */
  async correctStatus(): Promise<void> {
    if (!this.#node) return;
    try {
      const { status: shown } = await this.#client.get(nodes, { name: this.#facts.name });
      const runtime = { isUp: this.#isRuntimeUp };
      const wanted = statusOf(this.#facts, shown, this.#host.world.now(), runtime);
      if (isContradicted(shown, wanted)) await this.reportStatus();
    } catch (error) {
      if (!hasReason(error, "NotFound")) throw error;
    }
  }

  async renewLease(): Promise<void> {
    if (!this.#node) return;
    const lease = leaseOf(this.#node, this.#lease, this.#host.world.now());
    try {
      const write = this.#lease ? this.#client.update : this.#client.create;
      this.#lease = (await write(leases, lease)).object;
    } catch (error) {
      if (hasReason(error, "AlreadyExists") || hasReason(error, "Conflict")) {
        const { name = "", namespace = "" } = lease.metadata ?? {};
        this.#lease = await this.#client.get(leases, { name, namespace });
        return;
      }
      if (!hasReason(error, "NotFound")) throw error;
      this.#lease = undefined;
    }
  }

  async #ensureNode(): Promise<Node> {
    const wanted = nodeOf(this.#facts);
    try {
      return (await this.#client.create(nodes, wanted)).object;
    } catch (error) {
      if (!hasReason(error, "AlreadyExists")) throw error;
    }
    return this.#client.get(nodes, { name: this.#facts.name });
  }
}

const conflictTriesMax = 5;
