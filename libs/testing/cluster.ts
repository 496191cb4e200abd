/** Several nats-servers for tests, which replicate what they keep. */
import { connect } from "@nats-io/transport-node";
import { startInTurn, untilLed, untilPlaceable } from "#libs/bus/placement.ts";
import { freePort, startNatsServer, type TestNatsServer } from "./nats.ts";

export interface TestNatsCluster {
  /** By name: `n1`, `n2`, … */
  readonly servers: ReadonlyMap<string, TestNatsServer>;
  /** Addresses of all of them, as a client takes them. */
  readonly urls: string;
  stop(): Promise<void>;
}

/** Starts so many servers that know each other, and waits until they can keep a stream together. */
export async function startNatsCluster(count: number): Promise<TestNatsCluster> {
  const names = Array.from({ length: count }, (_, index) => `n${index + 1}`);
  const ports = await Promise.all(names.map(() => freePort()));
  const routes = ports.map((port) => `"nats://127.0.0.1:${port}"`).join(", ");
  const starts = names.map((name, index) => () => {
    const listen = `127.0.0.1:${ports[index]}`;
    const cluster = `cluster { name: test, listen: "${listen}", routes: [${routes}] }`;
    return startNatsServer({ config: `server_name: ${name}\n${cluster}` });
  });
  const all = await startInTurn(starts, untilKnown);
  await untilKnown(all);
  return {
    servers: new Map(names.flatMap((name, index) => (all[index] ? [[name, all[index]]] : []))),
    urls: urlsOf(all),
    async stop() {
      await Promise.all(all.map((server) => server.stop()));
    },
  };
}

const urlsOf = (servers: readonly TestNatsServer[]) => servers.map(({ url }) => url).join(",");

/** Resolves when these servers keep streams together. */
export async function untilKnown(servers: readonly TestNatsServer[]): Promise<void> {
  const connection = await connect({ servers: urlsOf(servers).split(",") });
  try {
    await untilPlaceable(await untilLed(connection), "test", servers.length);
  } finally {
    await connection.close();
  }
}
