import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { protoFiles, readProtos } from "./read.ts";
import { modulePath, typeScriptModules } from "./typescript.ts";

const root = join(import.meta.dirname, "..", "..");

/** Changes of the generator itself make its output stale too. */
const sources = ["read.ts", "typescript.ts", "generate.ts"].map((name) =>
  join(import.meta.dirname, name),
);

export interface GenerateOptions {
  /** Folder with the proto files. */
  readonly proto?: string;
  /** Folder for the output; it is replaced as a whole. */
  readonly out?: string;
}

/**
 * Brings `proto/gen` up to date; answers whether anything had to be done. Safe to call from several
 * processes: the folder appears whole or not at all.
 */
export function ensureGenerated(options: GenerateOptions = {}): boolean {
  const proto = options.proto ?? join(root, "proto");
  const out = options.out ?? join(proto, "gen");
  const paths = protoFiles(proto).filter((path) => !path.startsWith(`${out}/`));
  const hash = hashOf([...sources, ...paths], proto);
  if (isFresh(out, hash)) return false;
  write(out, render(paths, hash));
  return true;
}

function hashOf(paths: readonly string[], proto: string): string {
  const hash = createHash("sha256");
  for (const path of paths) {
    hash
      .update(`${relative(proto, path)}\0`)
      .update(readFileSync(path))
      .update("\0");
  }
  return hash.digest("hex");
}

function isFresh(out: string, hash: string): boolean {
  try {
    return readFileSync(join(out, "inputs.sha256"), "utf8") === hash;
  } catch {
    return false;
  }
}

/** Contents by path below the output folder. */
function render(paths: readonly string[], hash: string): Map<string, string> {
  const descriptor = readProtos(paths);
  const files = new Map([
    ["descriptor.json", JSON.stringify(descriptor)],
    ["inputs.sha256", hash],
  ]);
  for (const [name, text] of typeScriptModules(descriptor)) files.set(modulePath(name), text);
  return files;
}

function write(out: string, files: ReadonlyMap<string, string>): void {
  const fresh = `${out}.${process.pid}`;
  for (const [path, text] of files) {
    mkdirSync(dirname(join(fresh, path)), { recursive: true });
    writeFileSync(join(fresh, path), text);
  }
  const old = `${fresh}.old`;
  try {
    renameSync(out, old);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  try {
    renameSync(fresh, out);
  } catch (error) {
    // Another process was first; what it wrote comes from the same files.
    if ((error as NodeJS.ErrnoException).code !== "ENOTEMPTY") throw error;
    rmSync(fresh, { recursive: true });
  }
  rmSync(old, { recursive: true, force: true });
}
