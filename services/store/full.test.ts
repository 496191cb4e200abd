/** A disk that is full: writers are told so, readers are served, until there is space again. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { realWorld } from "#libs/actor/world.ts";
import type { NatsBus } from "#libs/bus/connect.ts";
import { startNatsServer, type TestNatsServer } from "#libs/testing/nats.ts";
import { leadershipTimes } from "./leadership/times.ts";
import { clientOf, connectBus, pod, put, startStore } from "./rig.ts";

const diskBytes = 24 * 2 ** 20;
const folder = mkdtempSync(join(tmpdir(), "kubus-full-"));
const obstacle = mountedAt(folder);
let nats: TestNatsServer;
let bus: NatsBus;
let client: ReturnType<typeof clientOf>;

/** Why there is no small disk here; undefined when there is one. */
function mountedAt(place: string): string | undefined {
  try {
    const options = ["-t", "tmpfs", "-o", `size=${diskBytes}`, "kubus-full", place];
    execFileSync("mount", options, { stdio: "pipe" });
    return undefined;
  } catch (error) {
    return `needs a small disk of its own: ${String(error).trim().split("\n").at(-1)}`;
  }
}

async function namesIn(client: ReturnType<typeof clientOf>): Promise<string[]> {
  const names: string[] = [];
  while (true) {
    const [afterNamespace, afterName] = names.length === 0 ? ["", ""] : ["default", names.at(-1)];
    const { records, more } = await client.list({ afterNamespace, afterName });
    names.push(...records.map(({ key }) => key?.name ?? ""));
    if (!more) return names;
  }
}

const value = "v".repeat(100_000);

/** Creates keys until it is refused; how many there are, and the refusal. */
async function fill(): Promise<{ written: number; refusal: string }> {
  for (let written = 0; ; written += 1) {
    const { failure, message } = await client.commit([
      put("CREATE", pod(`p${written}`), { value }),
    ]);
    if (failure !== "COMMIT_FAILURE_UNSPECIFIED")
      return { written, refusal: `${failure}: ${message}` };
  }
}

async function start(storeBytesMax: number) {
  nats = await startNatsServer({ storeFolder: join(folder, "jetstream"), storeBytesMax });
  bus = await connectBus(nats.url);
  client = clientOf(bus);
}

const unmount = () => {
  if (obstacle === undefined) execFileSync("umount", ["-l", folder]);
  rmSync(folder, { recursive: true, force: true });
};

describe("a disk that is full", () => {
  afterEach(async () => {
    await bus?.close();
    await nats?.stop();
    unmount();
  });

  test("is told to writers, keeps readers, and loses nothing", async (context) => {
    if (obstacle !== undefined) return context.skip(obstacle);
    // Others fill the disk: the server believes that it may use more than there is.
    await start(2 * diskBytes);
    const store = await startStore(nats.url);
    await client.commit([put("CREATE", pod("first"))]);
    const others = join(folder, "others");
    const file = await open(others, "w");
    await file.writeFile(Buffer.alloc(diskBytes / 2));
    await file.close();

    const { written, refusal } = await fill();
    expect(refusal).toMatch(/^COMMIT_FAILURE_FULL: .*no space left/);
    expect((await namesIn(client)).length).toBe(written + 1);
    expect((await client.get(pod("p0"))).value).toBe(value);
    // It leads on, for longer than a leader may be silent.
    const endsAt = realWorld.monotonic() + 2 * leadershipTimes.silentMs;
    while (realWorld.monotonic() < endsAt) {
      const { failure } = await client.commit([put("CREATE", pod("again"), { value })]);
      expect(failure).toBe("COMMIT_FAILURE_FULL");
    }

    await rm(others);
    const { failure } = await client.commit([put("CREATE", pod("last"), { value })]);
    expect([failure, store.supervised.restarts()]).toEqual(["COMMIT_FAILURE_UNSPECIFIED", 0]);
    await store.stop();
    await nats.kill();
    await nats.start();
    const again = await startStore(nats.url);
    const expected = Array.from({ length: written }, (_, index) => `p${index}`);
    expect(await namesIn(clientOf(again.bus))).toEqual(["first", "last", ...expected].toSorted());
    await again.stop();
  });
});
