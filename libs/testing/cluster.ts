/** Several nats-servers for tests, which replicate what they keep. */
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { realWorld } from "#libs/actor/world.ts";
import { freePort, startNatsServer, type TestNatsServer } from "./nats.ts";

export interface TestNatsCluster {
  /** By name: `n1`, `n2`, … */
  readonly servers: ReadonlyMap<string, TestNatsServer>;
  /** Addresses of all of them, as a client takes them. */
  readonly urls: string;
  stop(): Promise<void>;
}

/**
 * nats-server 2.10 now and then forms a cluster in which it finds "no suitable peers for placement"
 * for good, when all its servers are started at once on a busy machine; such a one is put away.
 */
const attemptsMax = 4;
const placedMsMax = 8_000;
const askMs = 500;

/** Starts so many servers that know each other, and waits until they can keep a stream together. */
export async function startNatsCluster(count: number): Promise<TestNatsCluster> {
  for (let attempt = 1; ; attempt += 1) {
    const cluster = await startServers(count);
    if (await canPlace(cluster, count)) return cluster;
    await cluster.stop();
    if (attempt === attemptsMax) throw new Error("the NATS servers do not become a cluster");
    process.stderr.write("NATS servers that find no peers are started anew\n");
  }
}

async function canPlace({ urls }: TestNatsCluster, count: number): Promise<boolean> {
  const connection = await connect({ servers: urls.split(",") });
  const name = "PROBE";
  const deadline = realWorld.monotonic() + placedMsMax;
  try {
    while (realWorld.monotonic() < deadline) {
      const manager = await jetstreamManager(connection, { checkAPI: false, timeout: 2 * askMs });
      const made = await manager.streams
        .add({ name, subjects: ["probe"], num_replicas: count })
        .then(() => manager.streams.delete(name))
        .catch(() => false);
      if (made) return true;
      await realWorld.sleep(askMs);
    }
    return false;
  } finally {
    await connection.close();
  }
}

async function startServers(count: number): Promise<TestNatsCluster> {
  const names = Array.from({ length: count }, (_, index) => `n${index + 1}`);
  const ports = await Promise.all(names.map(() => freePort()));
  const routes = ports.map((port) => `"nats://127.0.0.1:${port}"`).join(", ");
  const starting = names.map(async (name, index) => {
    const listen = `127.0.0.1:${ports[index]}`;
    const cluster = `cluster { name: test, listen: "${listen}", routes: [${routes}] }`;
    return [name, await startNatsServer({ config: `server_name: ${name}\n${cluster}` })] as const;
  });
  const servers = new Map(await Promise.all(starting));
  const all = [...servers.values()];
  return {
    servers,
    urls: all.map(({ url }) => url).join(","),
    async stop() {
      await Promise.all(all.map((server) => server.stop()));
    },
  };
}
