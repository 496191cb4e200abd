import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeFolder } from "./folder.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kubus-folder-"));
  await writeFile(join(folder, "file"), "");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("folders are made with those above them, and may be there already", async () => {
  const path = join(folder, "a", "b");
  await makeFolder(path);
  await makeFolder(path);
  expect((await stat(path)).mode & 0o777).toBe(0o700);
});

test.each([
  ["file", /file is a file: a cluster needs a folder/],
  ["file/below", /file is a file/],
])("%s says what is there instead", async (name, message) => {
  await expect(makeFolder(join(folder, name))).rejects.toThrow(message);
});

test.runIf(process.platform === "linux")("a file system that takes none says so", async () => {
  const made = makeFolder("/proc/kubus/data");
  await expect(made).rejects.toThrow(/cannot make the folder \/proc\/kubus: ENOENT/);
});
