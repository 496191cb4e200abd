/** The NATS server of a cluster: one that Kubus runs, or one that the user does. */
import type { Logger } from "pino";
import { afterFailure, type RestartRecord } from "#libs/actor/restarts.ts";
import type { World } from "#libs/actor/world.ts";
import { parseAddresses } from "#libs/bus/address.ts";
import { judgeServer, serverFacts } from "../nats/external.ts";
import { ensureNatsServer } from "../nats/find.ts";
import { type NatsServer, startNatsServer } from "../nats/server.ts";
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
  readonly prefix: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Logger;
  readonly world: World;
}

/** Finds or installs a nats-server, starts it, and starts it again when it dies. */
export async function ownBus(options: OwnBusOptions): Promise<ClusterBus> {
  const { folder, prefix, env, log, world } = options;
  const { path: program, version, origin } = await ensureNatsServer(env);
  let stopping = false;
  let server: NatsServer | undefined;
  let cancelRestart: () => void = () => undefined;
  let record: RestartRecord = { failures: 0, startedAt: 0 };
  const start = async () => {
    record = { ...record, startedAt: world.monotonic() };
    server = await startNatsServer({ program, folder, name: prefix, world, onDeath: restartLater });
    return server;
  };
  const restartLater = (reason: string) => {
    if (stopping) return;
    log.error({ component: "nats-server", reason }, "nats-server ended; starting it again");
    const { failures, waitMs } = afterFailure(record, world.monotonic());
    record = { ...record, failures };
    cancelRestart = world.after(waitMs, () => {
      start().catch((error: unknown) => restartLater(errorText(error)));
    });
  };
  const { port, token } = await start();
  return {
    address: { servers: `nats://127.0.0.1:${port}`, token, prefix },
    remark: `${versionText(version)} from ${origin}, port ${port}`,
    warnings: [],
    async stop() {
      stopping = true;
      cancelRestart();
      await server?.stop();
    },
  };
}

/** Looks whether the user's server does; rejects with everything that it lacks. */
export async function usersBus(url: string, prefix: string, world: World): Promise<ClusterBus> {
  const address = { servers: url, token: undefined, prefix };
  const servers = parseAddresses(url).servers.join(",");
  const bus = await connectTo(address, "up", world);
  try {
    const facts = await serverFacts(bus.connection);
    const { errors, warnings } = judgeServer(facts);
    if (errors.length > 0) throw new Error(`${servers}: ${errors.join("; ")}`);
    const remark = `${facts.version} at ${servers}`;
    return { address, remark, warnings, stop: () => Promise.resolve() };
  } finally {
    await bus.close();
  }
}
