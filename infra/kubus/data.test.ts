import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { claim, readRecord, release, runningPid } from "./data.ts";

let folder: string;
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), "kubus-data-")), "cluster");
});
afterEach(() => rm(join(folder, ".."), { recursive: true, force: true }));

/** A process whose command line says that it is a Kubus. */
function startOther() {
  const other = spawn(process.execPath, ["-e", "process.stdin.resume()", "kubus"]);
  return { pid: other.pid ?? 0, end: () => other.kill("SIGKILL") };
}

test("a folder is claimed by one process at a time", async () => {
  const other = startOther();
  expect(await claim(folder)).toBeUndefined();
  await writeFile(join(folder, "pid"), String(other.pid));
  expect(await claim(folder)).toBe(other.pid);
  expect(await runningPid(folder)).toBe(other.pid);
  other.end();
  await expect.poll(() => runningPid(folder)).toBeUndefined();
  expect(await claim(folder)).toBeUndefined();
  await release(folder);
  expect(await runningPid(folder)).toBeUndefined();
});

test("an id that passed on to another program claims nothing", async () => {
  await claim(folder);
  await writeFile(join(folder, "pid"), "1");
  expect(await claim(folder)).toBeUndefined();
});

test("what a killed process left does not count", async () => {
  await claim(folder);
  await writeFile(join(folder, "pid"), "4194304");
  expect(await runningPid(folder)).toBeUndefined();
  expect(await claim(folder)).toBeUndefined();
});

test("a folder without a cluster has no record", async () => {
  expect(await readRecord(folder)).toBeUndefined();
});
