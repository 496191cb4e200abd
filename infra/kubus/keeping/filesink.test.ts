import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeFileWhole } from "./filesink.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kubus-sink-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("what was written last is there, for nobody else to read", async () => {
  const file = join(folder, "file");
  const result = await writeFileWhole(file, false, async ({ write, restart }) => {
    await write(Buffer.from("a first attempt that is longer"));
    await restart();
    await write(Buffer.from("one "));
    await write(Buffer.from("two"));
    return 7;
  });
  expect(result).toBe(7);
  expect(await readFile(file, "utf8")).toBe("one two");
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test("a failure leaves what was there, and nothing else", async () => {
  const file = join(folder, "file");
  await writeFile(file, "before");
  const failing = writeFileWhole(file, true, async ({ write }) => {
    await write(Buffer.from("half"));
    throw new Error("broken off");
  });
  await expect(failing).rejects.toThrow("broken off");
  expect(await readFile(file, "utf8")).toBe("before");
  expect(await readdir(folder)).toEqual(["file"]);
  const refused = writeFileWhole(file, false, () => Promise.resolve());
  await expect(refused).rejects.toThrow(/is there already; .*--force/);
});

test("a place that cannot be written is named", async () => {
  const file = join(folder, "none", "file");
  const written = writeFileWhole(file, false, () => Promise.resolve());
  await expect(written).rejects.toThrow(`cannot write ${file}: ENOENT`);
});
