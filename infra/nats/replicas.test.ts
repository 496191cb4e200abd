import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ensureNatsServer } from "./find.ts";
import { planMembers } from "./members.ts";
import { setReplicas } from "./replicas.ts";
import { type NatsServer, startNatsServer } from "./server.ts";

const startMsMax = 60_000;

let folder: string;
let servers: NatsServer[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kubus-replicas-"));
  const { path: program } = await ensureNatsServer(process.env);
  const members = [
    ...(await planMembers(join(folder, "three"), 3, "kubus")),
    ...(await planMembers(join(folder, "one"), 1, "kubus")),
  ];
  servers = await Promise.all(members.map((member) => startNatsServer({ program, member })));
}, startMsMax);
afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await rm(folder, { recursive: true, force: true });
}, startMsMax);

async function on<T>(server: NatsServer | undefined, task: (to: NatsConnection) => Promise<T>) {
  const connection = await connect({
    servers: `127.0.0.1:${server?.port}`,
    ...(server ? { token: server.token } : {}),
  });
  try {
    return await task(connection);
  } finally {
    await connection.close();
  }
}

test("streams get copies, and lose them again", { timeout: startMsMax }, async () => {
  await on(servers[0], async (connection) => {
    const ready = () => jetstreamManager(connection, { timeout: 500 }).catch(() => undefined);
    await expect.poll(ready, { timeout: 20_000 }).toBeDefined();
    const manager = await jetstreamManager(connection);
    await manager.streams.add({ name: "KEPT", subjects: ["kubus.kept"] });
    await manager.streams.add({ name: "OTHER", subjects: ["other.kept"] });
    expect(await setReplicas(connection, "kubus", 3)).toEqual(["KEPT"]);
    const copies = async (name: string) => (await manager.streams.info(name)).config.num_replicas;
    expect([await copies("KEPT"), await copies("OTHER")]).toEqual([3, 1]);
    expect(await setReplicas(connection, "kubus", 3)).toEqual([]);
    expect(await setReplicas(connection, "kubus", 1)).toEqual(["KEPT"]);
    expect(await copies("KEPT")).toBe(1);
    await expect(setReplicas(connection, "kubus", 5)).rejects.toThrow(/--replicas 5: /);
  });
});

test("a server alone has one copy", async () => {
  await on(servers[3], async (connection) => {
    await expect(setReplicas(connection, "kubus", 3)).rejects.toThrow(/non-clustered/);
    expect(await setReplicas(connection, "kubus", 1)).toEqual([]);
  });
});
