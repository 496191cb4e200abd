/** What a person sees who watches the bus: `nats sub 'kubus.>' --translate …`. */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { realWorld } from "#libs/actor/world.ts";
import { ensureKubectl } from "../kubectl/find.ts";
import { findNatsCli } from "../nats/cli.ts";
import { cacheFolder } from "../tools/cache.ts";
import { capture, mustRun } from "../tools/command.ts";
import { connectToCluster } from "./access.ts";
import type { ClusterRecord } from "./data.ts";
import { decodeMessage } from "./decode.ts";

const main = join(import.meta.dirname, "main.ts");
const cli = await findNatsCli(process.env);
if (!cli) process.stderr.write("left out: the nats command line is not on this machine\n");

let home: string;
let env: NodeJS.ProcessEnv;
let record: ClusterRecord;
let kubectl: string;

const kubus = (...args: string[]) =>
  mustRun(process.execPath, [main, ...args], { env, timeoutMs: 60_000 });

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "kubus-observe-"));
  const { NATS_URL: _, ...rest } = process.env;
  env = { ...rest, HOME: home, KUBUS_CACHE: cacheFolder(), KUBECONFIG: join(home, "config") };
  kubectl = (await ensureKubectl(process.env)).path;
  await kubus("up", "--runtime", "simulated", "--port", "0", "--nodes", "1", "--detach");
  const text = await readFile(join(home, ".kubus", "kubus", "cluster.json"), "utf8");
  record = JSON.parse(text) as ClusterRecord;
}, 90_000);

afterAll(async () => {
  await kubus("down");
  await rm(home, { recursive: true, force: true });
});

const create = (name: string) =>
  mustRun(kubectl, ["create", "configmap", name, "--from-literal=colour=blue"], { env });

/** What everybody should see of one new object. */
const change = (name: string) => ({
  "@type": "kubus.watch.v1.ObjectChanged",
  type: "CHANGE_TYPE_CREATED",
  resource: "configmaps",
  name,
  value: { metadata: { name }, data: { colour: "blue" } },
});

describe("the bus can be watched", () => {
  test("by a plain subscription and what kubus decode does", async () => {
    const bus = await connectToCluster(record, "observer", realWorld);
    const subject = `${record.prefix}.watch.v1.>`;
    const seen = new Promise<unknown>((resolve) => {
      bus.subscribe(subject, ({ subject: from, data }) => {
        const message = decodeMessage(from, data);
        if (JSON.stringify(message).includes("plain")) resolve(message);
      });
    });
    await bus.flush();
    await create("plain");
    expect(await seen).toMatchObject(change("plain"));
    await bus.close();
  });

  test("by kubus decode as a program, told the subject as nats tells it", async () => {
    const { stdout } = await capture("/bin/sh", [
      "-c",
      `printf '{"crash":{}}' | NATS_SUBJECT=kubus.actor.v1.store.0.control "$0" "$1" decode`,
      process.execPath,
      main,
    ]);
    expect(JSON.parse(stdout)).toEqual({ crash: {} });
  });

  test.skipIf(!cli)("with the nats command line", async () => {
    const filter = join(home, "decode.sh");
    await writeFile(filter, `#!/bin/sh\nexec ${process.execPath} ${main} decode "$@"\n`, {
      mode: 0o755,
    });
    const url = record.natsUrl.replace("://", `://${record.natsToken}@`);
    const args = ["-s", url, "sub", `${record.prefix}.watch.v1.core.configmaps.>`];
    const child = spawn(cli ?? "", [...args, "--translate", `${filter} --subject {{Subject}}`], {
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    // The program does not say when the server knows of the subscription: one of these is seen.
    const again = async () => {
      await capture(kubectl, ["delete", "configmap", "translated", "--ignore-not-found"], { env });
      await create("translated");
      return output;
    };
    await expect.poll(again, { timeout: 20_000 }).toContain("CHANGE_TYPE_CREATED");
    child.kill();
    const line = output.split("\n").find((text) => text.includes("CHANGE_TYPE_CREATED"));
    expect(JSON.parse(line ?? "")).toMatchObject(change("translated"));
  });
});
