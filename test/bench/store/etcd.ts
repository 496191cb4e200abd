/** etcd from Debian, as it comes: one member, every write fsynced. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { realWorld } from "#libs/actor/world.ts";
import { freePort } from "#libs/testing/nats.ts";
import { unpackProgram } from "../../../infra/debian/package.ts";
import { cacheFolder, programFolder } from "../../../infra/tools/cache.ts";
import { capture, isExecutable } from "../../../infra/tools/command.ts";
import type { Client, Contender } from "./contender.ts";
import { EtcdClient } from "./grpc.ts";

const programs = {
  etcd: { package: "etcd-server", file: "usr/bin/etcd" },
  etcdctl: { package: "etcd-client", file: "usr/bin/etcdctl" },
};
const startMsMax = 120_000;
const checkMsMax = 300_000;
/** As many revisions as Kubus keeps. */
const historyCountMax = 100_000;

/**
 * Path of the program: in the folder ETCD_BIN, if that is set; else unpacked from Debian's package
 * when it is not in the cache yet.
 */
async function ensure(program: keyof typeof programs): Promise<string> {
  const { ETCD_BIN } = process.env;
  if (ETCD_BIN) return join(ETCD_BIN, program);
  const cached = join(programFolder(cacheFolder()), program);
  if (await isExecutable(cached)) return cached;
  const versionMin = [3, 5, 0] as const;
  const wanted = { ...programs[program], program, versionMin, newerSuites: ["trixie", "sid"] };
  return await unpackProgram(wanted, cacheFolder());
}

export async function prepareEtcd(): Promise<EtcdContender> {
  const program = await ensure("etcd");
  const { stdout } = await capture(program, ["--version"]);
  const version = /etcd Version: (\S+)/.exec(stdout)?.[1] ?? "";
  const folder = await mkdtemp(join(tmpdir(), "kubus-etcd-"));
  return new EtcdContender(program, version, folder, await freePort(), await freePort());
}

export class EtcdContender implements Contender {
  readonly name = "etcd";
  readonly description: string;
  readonly folder: string;
  readonly #program: string;
  readonly #port: number;
  readonly #peerPort: number;
  #child: ChildProcess | undefined;

  constructor(program: string, version: string, folder: string, port: number, peerPort: number) {
    this.#program = program;
    this.description = `etcd ${version}`;
    this.folder = folder;
    this.#port = port;
    this.#peerPort = peerPort;
  }

  async start(): Promise<void> {
    const own = `http://127.0.0.1:${this.#port}`;
    const peer = `http://127.0.0.1:${this.#peerPort}`;
    const flags = {
      "data-dir": this.folder,
      "listen-client-urls": own,
      "advertise-client-urls": own,
      "listen-peer-urls": peer,
      "initial-advertise-peer-urls": peer,
      "initial-cluster": `default=${peer}`,
      "quota-backend-bytes": String(8 * 2 ** 30),
      "auto-compaction-mode": "revision",
      "auto-compaction-retention": String(historyCountMax),
      "log-level": "error",
    };
    const args = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
    const child = spawn(this.#program, args, { stdio: ["ignore", "ignore", "inherit"] });
    this.#child = child;
    const deadline = realWorld.monotonic() + startMsMax;
    const client = new EtcdClient(this.#port);
    try {
      while (true) {
        const isThere = await client.get("ready", "ready").then(
          () => true,
          () => false,
        );
        if (isThere) return;
        if (child.exitCode !== null) throw new Error(`etcd ended: ${child.exitCode}`);
        if (realWorld.monotonic() > deadline) throw new Error("etcd does not answer");
        await realWorld.sleep(5);
      }
    } finally {
      await client.close();
    }
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  connect(): Promise<Client> {
    return Promise.resolve(new EtcdClient(this.#port));
  }

  pids(): readonly number[] {
    return this.#child?.pid ? [this.#child.pid] : [];
  }

  /** Writes a second by etcd's own load generator, which takes a minute. */
  async checkPerformance(): Promise<number> {
    const program = await ensure("etcdctl");
    const endpoint = `--endpoints=127.0.0.1:${this.#port}`;
    const options = { timeoutMs: checkMsMax };
    // It ends with 1 when it finds the throughput too low for the load that it offered.
    const { stdout, stderr } = await capture(
      program,
      [endpoint, "check", "perf", "--load=xl"],
      options,
    );
    const found = /[Tt]hroughput (?:too low: |is )(\d+)/.exec(`${stdout}${stderr}`)?.[1];
    if (found === undefined) throw new Error(`etcdctl check perf said: ${stdout}${stderr}`);
    return Number(found);
  }
}
