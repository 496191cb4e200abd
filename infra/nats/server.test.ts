import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { payloadMax } from "./config.ts";
import { ensureNatsServer } from "./find.ts";
import { isAlive } from "../tools/process.ts";
import type { Member } from "./members.ts";
import { startNatsServer } from "./server.ts";

let folder: string;
let program: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kubus-nats-"));
  program = (await ensureNatsServer(process.env)).path;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const memberIn = (name: string): Member => ({
  folder: join(folder, name),
  name,
  token: "secret",
});

test("a started server has JetStream, room for large objects and a token", async () => {
  const server = await startNatsServer({ program, member: memberIn("first") });
  try {
    const connection = await connect({ servers: `127.0.0.1:${server.port}`, token: server.token });
    expect(connection.info?.max_payload).toBe(payloadMax);
    const manager = await jetstreamManager(connection);
    await manager.streams.add({ name: "KEPT", subjects: ["kept"] });
    await connection.close();
    const refused = connect({ servers: `127.0.0.1:${server.port}`, reconnect: false });
    await expect(refused).rejects.toThrow(/authorization/i);
  } finally {
    await server.stop();
  }
  expect(isAlive(server.pid)).toBe(false);
});

test("the next life has the same address and the streams of the one before", async () => {
  const options = { program, member: memberIn("first") };
  const port = Number(await readFile(join(folder, "first", "port"), "utf8"));
  const server = await startNatsServer(options);
  try {
    expect(server.port).toBe(port);
    const connection = await connect({ servers: `127.0.0.1:${port}`, token: server.token });
    const manager = await jetstreamManager(connection);
    expect((await manager.streams.info("KEPT")).config.name).toBe("KEPT");
    await connection.close();
  } finally {
    await server.stop();
  }
});

test("a death is told, and a server left over is ended by the next start", async () => {
  let tell: (reason: string) => void = () => undefined;
  const death = new Promise<string>((resolve) => {
    tell = resolve;
  });
  const options = { program, member: memberIn("second") };
  const first = await startNatsServer({ ...options, onDeath: (reason) => tell(reason) });
  const second = await startNatsServer(options);
  expect(isAlive(first.pid)).toBe(false);
  expect(await death).toMatch(/ended/);
  process.kill(second.pid, "SIGKILL");
});

test("the server ends when the process that started it is killed", async () => {
  const script = `
    import { startNatsServer } from ${JSON.stringify(join(import.meta.dirname, "server.ts"))};
    const [program, folder] = process.argv.slice(1);
    const member = { folder, name: "third", token: "secret" };
    console.log((await startNatsServer({ program, member })).pid);
    process.stdin.resume();`;
  const arguments_ = ["--input-type=module", "-e", script, program, join(folder, "third")];
  const owner = spawn(process.execPath, arguments_, { stdio: ["pipe", "pipe", "inherit"] });
  const pid = Number(await new Promise((resolve) => owner.stdout.once("data", resolve)));
  expect(isAlive(pid)).toBe(true);
  owner.kill("SIGKILL");
  await expect.poll(() => isAlive(pid), { timeout: 5_000 }).toBe(false);
});

test("a server that cannot start says why", async () => {
  const start = startNatsServer({ program: "/bin/false", member: memberIn("fourth") });
  await expect(start).rejects.toThrow(/did not come up: it ended \(1\)/);
  const missing = startNatsServer({ program: "/no/such", member: memberIn("fifth") });
  await expect(missing).rejects.toThrow(/ENOENT/);
});
