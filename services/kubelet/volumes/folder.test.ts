import { mkdtemp, readdir, readFile, readlink, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { VolumeFile } from "./files.ts";
import { writeVolume } from "./folder.ts";

let folder: string;
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), "kubus-volume-")), "volume");
});
afterEach(() => rm(join(folder, ".."), { recursive: true, force: true }));

const everybody = { group: undefined };
const file = (path: string, text: string, mode = 0o644): VolumeFile => ({
  path,
  mode,
  data: Buffer.from(text),
});
const write = (files: readonly VolumeFile[], version: string) =>
  writeVolume(folder, files, version, everybody);
const read = (path: string) => readFile(join(folder, path), "utf8");
const names = async () => (await readdir(folder)).toSorted();

test("files are where they were wanted, with their modes", async () => {
  await write([file("a", "1", 0o400), file("deep/er/b", "2")], "v1");
  expect(await read("a")).toBe("1");
  expect(await read("deep/er/b")).toBe("2");
  expect((await stat(join(folder, "a"))).mode & 0o777).toBe(0o400);
  expect(await names()).toEqual(["..data", "..v1", "a", "deep"]);
});

test("new content replaces the old as a whole", async () => {
  await write([file("a", "1"), file("b", "1")], "v1");
  await write([file("b", "2"), file("c", "2")], "v2");
  expect(await names()).toEqual(["..data", "..v2", "b", "c"]);
  expect([await read("b"), await read("c")]).toEqual(["2", "2"]);
});

test("the same content changes nothing", async () => {
  await write([file("a", "1")], "v1");
  await write([file("a", "1")], "v2");
  expect(await readlink(join(folder, "..data"))).toBe("..v1");
});

test.each<[string, VolumeFile[]]>([
  ["a byte", [file("a", "2")]],
  ["a mode", [file("a", "1", 0o600)]],
  ["a file more", [file("a", "1"), file("b", "")]],
  ["no file", []],
])("%s makes a difference", async (_, files) => {
  await write([file("a", "1")], "v1");
  await write(files, "v2");
  expect(await readlink(join(folder, "..data"))).toBe("..v2");
});

test("a write that was cut short is made good", async () => {
  await write([file("a", "1")], "v1");
  // Killed between the folder and the link.
  await rm(join(folder, "..data"));
  await write([file("a", "2")], "v1");
  expect(await read("a")).toBe("2");
});

test.each(["", "/etc/passwd", "../x", "a/../../x", ".."])("path %j is refused", async (path) => {
  await expect(write([file(path, "")], "v1")).rejects.toThrow("invalid path");
});
