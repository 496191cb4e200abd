/** The NATS servers of a cluster: those that Kubus runs, or those that the user does. */
import type { Logger } from "pino";
import { afterFailure, type RestartRecord } from "#libs/actor/restarts.ts";
import { realWorld, type World } from "#libs/actor/world.ts";
import { parseAddresses } from "#libs/bus/address.ts";
import { startInTurn, untilLed, untilPlaceable } from "#libs/bus/placement.ts";
import { judgeServer, serverFacts } from "../nats/external.ts";
import { ensureNatsServer } from "../nats/find.ts";
import { livedBefore, planMembers } from "../nats/members.ts";
import { setReplicas } from "../nats/replicas.ts";
import { type NatsServer, type ServerOptions, startNatsServer } from "../nats/server.ts";
import { errorText } from "../tools/error-text.ts";
import { versionText } from "../tools/version.ts";
import { type BusAddress, connectTo } from "./runners/runner.ts";

export interface ClusterBus {
  readonly address: BusAddress;
  /** For people: version and where it runs. */
  readonly remark: string;
  readonly warnings: readonly string[];
  stop(): Promise<void>;
}

export interface OwnBusOptions {
  readonly folder: string;
  /** 1, or how many make up a cluster. */
  readonly servers: number;
  readonly prefix: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Logger;
  readonly world: World;
}

/** Finds or installs a nats-server, starts one or several, and starts each again when it dies. */
export async function ownBus(options: OwnBusOptions): Promise<ClusterBus> {
  const { folder, servers, prefix, env, log, world } = options;
  const { path: program, version, origin } = await ensureNatsServer(env);
  const members = await planMembers(folder, servers, prefix);
  const kept: KeptServer[] = [];
  const stop = async () => {
    await Promise.all(kept.map((server) => server.stop()));
  };
  const starts = members.map((member) => () => {
    const server = keepServer({ program, member, world }, log);
    kept.push(server);
    return server.port;
  });
  const addressOf = (ports: readonly number[]): BusAddress => ({
    servers: ports.map((port) => `nats://127.0.0.1:${port}`).join(","),
    token: members[0]?.token,
    prefix,
  });
  const untilKnown = (ports: readonly number[]) =>
    untilJetStream(addressOf(ports), ports.length, world);
  try {
    const ports = members.every(livedBefore)
      ? await Promise.all(starts.map((start) => start()))
      : await startInTurn(starts, untilKnown);
    const address = addressOf(ports);
    if (servers > 1) await untilKnown(ports);
    const where = `${ports.length > 1 ? "ports" : "port"} ${ports.join(", ")}`;
    const remark = `${versionText(version)} from ${origin}, ${where}`;
    return { address, remark, warnings: [], stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface KeptServer {
  /** Of its first life; rejects when it cannot be started. */
  readonly port: Promise<number>;
  stop(): Promise<void>;
}

/** Starts a server, and starts it again with backoff for as long as it is not stopped. */
function keepServer(options: ServerOptions, log: Logger): KeptServer {
  const { member, world = realWorld } = options;
  const line = { component: "nats-server", instance: member.name };
  let stopping = false;
  let server: NatsServer | undefined;
  let cancelRestart: () => void = () => undefined;
  let record: RestartRecord = { failures: 0, startedAt: 0 };
  const start = async () => {
    record = { ...record, startedAt: world.monotonic() };
    server = await startNatsServer({ ...options, onDeath: restartLater });
    // Asked to stop while it was starting.
    if (stopping) await server.stop();
    return server.port;
  };
  const restartLater = (reason: string) => {
    if (stopping) return;
    log.error({ ...line, reason }, "nats-server ended; starting it again");
    const { failures, waitMs } = afterFailure(record, world.monotonic());
    record = { ...record, failures };
    cancelRestart = world.after(waitMs, () => {
      start().catch((error: unknown) => restartLater(errorText(error)));
    });
  };
  return {
    port: start(),
    async stop() {
      stopping = true;
      cancelRestart();
      await server?.stop();
    },
  };
}

/** Servers of a cluster elect one, which gets to know the others, before they keep streams. */
async function untilJetStream(address: BusAddress, servers: number, world: World): Promise<void> {
  const bus = await connectTo(address, "up", world);
  try {
    const manager = await untilLed(bus.connection);
    // One that is missing here keeps those that there are from nothing but new streams.
    await untilPlaceable(manager, address.prefix, servers).catch(() => undefined);
  } finally {
    await bus.close();
  }
}

/**
 * Looks whether the user's server does, and has what is kept there copied as often as was asked
 * for; rejects with everything that is lacking.
 */
export async function usersBus(
  url: string,
  prefix: string,
  replicas: number,
  world: World,
): Promise<ClusterBus> {
  const address = { servers: url, token: undefined, prefix };
  const servers = parseAddresses(url).servers.join(",");
  const bus = await connectTo(address, "up", world);
  try {
    const facts = await serverFacts(bus.connection);
    const { errors, warnings } = judgeServer(facts);
    if (errors.length > 0) throw new Error(`${servers}: ${errors.join("; ")}`);
    const changed = await setReplicas(bus.connection, prefix, replicas);
    const copies = changed.length > 0 ? `, ${changed.join(", ")} with ${replicas} copies now` : "";
    const remark = `${facts.version} at ${servers}${copies}`;
    return { address, remark, warnings, stop: () => Promise.resolve() };
  } finally {
    await bus.close();
  }
}
