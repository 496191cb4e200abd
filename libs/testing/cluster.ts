/** Several nats-servers for tests, which replicate what they keep. */
import { freePort, startNatsServer, type TestNatsServer } from "./nats.ts";

export interface TestNatsCluster {
  /** By name: `n1`, `n2`, … */
  readonly servers: ReadonlyMap<string, TestNatsServer>;
  /** Addresses of all of them, as a client takes them. */
  readonly urls: string;
  stop(): Promise<void>;
}

/** Starts so many servers that know each other. They need a while to elect who leads. */
export async function startNatsCluster(count: number): Promise<TestNatsCluster> {
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
