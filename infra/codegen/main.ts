/** Makes proto/gen from proto/: types for the compiler, descriptors for the codecs. */
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { readProtos } from "./read.ts";
import { typesByPackage } from "./types.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const generated = join(root, "proto", "gen");
const stampFile = join(generated, "stamp");

/** Makes proto/gen unless it is made from exactly these inputs already. True when it was made. */
export async function ensureGenerated(): Promise<boolean> {
  const files = await protoFiles();
  const stamp = await stampOf([...files, ...(await codegenFiles())]);
  if ((await readFile(stampFile, "utf8").catch(() => "")) === stamp) return false;
  await generate(files, stamp);
  return true;
}

async function protoFiles(): Promise<string[]> {
  const entries = await readdir(join(root, "proto"), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(".proto"))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}

async function codegenFiles(): Promise<string[]> {
  const folder = join(root, "infra", "codegen");
  const names = await readdir(folder);
  return names
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name))
    .toSorted();
}

async function stampOf(files: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  const texts = await Promise.all(files.map((file) => readFile(file)));
  for (const [index, text] of texts.entries()) {
    hash.update(`${files[index]?.slice(root.length)}\n${text.length}\n`).update(text);
  }
  return hash.digest("hex");
}

/** Written beside and moved into place, so that nobody ever reads half of it. */
async function generate(files: readonly string[], stamp: string): Promise<void> {
  const descriptors = await readProtos(files);
  const fresh = `${generated}.${process.pid}`;
  await rm(fresh, { recursive: true, force: true });
  for (const [packageName, text] of typesByPackage(descriptors)) {
    const file = join(fresh, `${packageName.replaceAll(".", "/")}.ts`);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  await writeFile(join(fresh, "descriptor.json"), JSON.stringify(descriptors));
  await writeFile(join(fresh, "stamp"), stamp);
  await rm(generated, { recursive: true, force: true });
  await rename(fresh, generated);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const made = await ensureGenerated();
  process.stdout.write(made ? "proto/gen was made\n" : "proto/gen is up to date\n");
}
