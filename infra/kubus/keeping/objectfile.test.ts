import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { KubeObject } from "#libs/api/resource.ts";
import { objectText, readObjects } from "./objectfile.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kubus-objects-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function read(text: string): Promise<KubeObject[]> {
  const file = join(folder, "objects");
  await writeFile(file, text);
  const found: KubeObject[] = [];
  for await (const object of readObjects(file)) found.push(object);
  return found;
}

const objects: KubeObject[] = ["yes", "1e3", "2026-01-01T00:00:00Z", "a: b\n---\n", "{}", ""].map(
  (value) =>
    ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data: { value } }) as object,
);

test.each(["yaml", "jsonl"] as const)("%s comes back as it was", async (format) => {
  const text = objects.map((object) => objectText(object, format)).join("");
  expect(await read(text)).toEqual(objects);
});

test("comments, empty documents and a mixture are no matter", async () => {
  const [first, second] = objects.map((object) => objectText(object, "jsonl"));
  const yaml = objectText(objects[2] as KubeObject, "yaml");
  const text = `# mine\n---\n\n---\n${first}${second}# more\n${yaml}---\n`;
  expect(await read(text)).toEqual(objects.slice(0, 3));
  expect(await read("")).toEqual([]);
});

test.each([
  ["---\nkind: Pod\n", /line 2: expected an object with apiVersion, kind and metadata/],
  ["a: b\n---\n", /line 1: expected an object/],
  ['{"kind":\n', /line 1: /],
  ["---\n---\n- a\n", /line 3: expected an object/],
])("%j is refused with its place", async (text, message) => {
  await expect(read(text)).rejects.toThrow(message);
});
