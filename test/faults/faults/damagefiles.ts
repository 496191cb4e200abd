/**
 * Everything is killed, and what a server keeps is damaged before it starts again: a flipped bit, a
 * file that is cut off, torn or has garbage behind its end. Either all that was acknowledged is
 * served afterwards, or the store refuses and says where; then the files are put back.
 */
import { cp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { realWorld } from "#libs/actor/world.ts";
import type { Random } from "../plan/random.ts";
import type { Rig } from "../rig/rig.ts";
import type { Fault } from "./fault.ts";

/** The word on the log's length comes up to 100 ms after it: without it a lost end looks well. */
const witnessMs = 300;
const verdictMsMax = 60_000;
const tornBytesMax = 600;

type Damage = (file: string, random: Random) => Promise<string>;

const flipBit: Damage = async (file, random) => {
  const bytes = await readFile(file);
  const at = random.between(0, bytes.length);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << random.between(0, 8));
  await writeFile(file, bytes);
  return `a bit flipped at ${at} of ${bytes.length}`;
};

const cutOff: Damage = async (file, random) => {
  const { length } = await readFile(file);
  const kept = Math.max(0, length - random.between(1, tornBytesMax));
  await truncate(file, kept);
  return `cut off at ${kept} of ${length}`;
};

const tear: Damage = async (file, random) => {
  const bytes = await readFile(file);
  const torn = Math.min(bytes.length, random.between(1, tornBytesMax));
  bytes.fill(0, bytes.length - torn);
  await writeFile(file, bytes);
  return `its last ${torn} of ${bytes.length} bytes zero`;
};

const addGarbage: Damage = async (file, random) => {
  const bytes = await readFile(file);
  const garbage = Buffer.from(
    Array.from({ length: random.between(1, tornBytesMax) }, () => random.between(0, 256)),
  );
  await writeFile(file, Buffer.concat([bytes, garbage]));
  return `${garbage.length} bytes of garbage behind ${bytes.length}`;
};

const damages = [flipBit, cutOff, tear, addGarbage];

export const damageFiles: Fault = {
  name: "damage-files",
  isAlone: true,
  holdMs: [0, 0],
  async begin({ rig, random, auditor }) {
    await auditor.look(false);
    for (const links of rig.clientLinks) for (const link of links) link.cut("toServer");
    await realWorld.sleep(witnessMs);
    for (const { child } of rig.stores) await child.end("SIGKILL");
    for (const { nats } of rig.servers) await nats.kill("SIGKILL");

    const { name, storeFolder } = random.pick(rig.servers);
    const backup = join(rig.folder, "backup");
    await cp(storeFolder, backup, { recursive: true, preserveTimestamps: true });
    const file = random.pick(await filesOf(storeFolder));
    const damage = await random.pick(damages)(file, random);
    await rig.heal();
    const verdict = await verdictOf(rig);
    if (verdict !== "served") await putBack(rig, backup, storeFolder);
    await rm(backup, { recursive: true });
    await auditor.look(true);
    const place = file.split("/streams/")[1] ?? basename(file);
    const countedAs = verdict === "served" ? "damage, served" : "damage, refused";
    const what = `${name}, ${place}: ${damage}; ${verdict}`;
    return verdict === "silent" ? { what, breaks: "serves or refuses" } : { what, countedAs };
  },
};

/** The streams' own files; what is beside them can be made from them. */
async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const kept = files.filter((file) => /\/streams\/[A-Z]+_.*\.(blk|db|inf|sum)$/.test(file));
  // Most of the harm is done in the log itself.
  const logs = kept.filter((file) => /LOG_.*\.blk$/.test(file));
  return [...kept, ...logs, ...logs].toSorted();
}

/** What the stores make of it. */
async function verdictOf(rig: Rig): Promise<string> {
  const until = realWorld.monotonic() + verdictMsMax;
  while (realWorld.monotonic() < until) {
    const said = (await Promise.all(rig.stores.map(({ child }) => child.said()))).join("\n");
    const refusal = /refusing to serve: [^"]*/.exec(said)?.[0];
    if (refusal !== undefined) return refusal;
    if (said.includes("log claimed")) return "served";
    await realWorld.sleep(20);
  }
  return "silent";
}

async function putBack(rig: Rig, backup: string, storeFolder: string): Promise<void> {
  for (const { child } of rig.stores) await child.end("SIGKILL");
  for (const { nats } of rig.servers) await nats.kill("SIGKILL");
  for (const entry of await readdir(storeFolder)) {
    await rm(join(storeFolder, entry), { recursive: true });
  }
  await cp(backup, storeFolder, { recursive: true, preserveTimestamps: true });
  await rig.heal();
}
