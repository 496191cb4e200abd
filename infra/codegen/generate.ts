import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { protoFiles, readProtos } from "./read.ts";
import { modulePath, typeScriptModules } from "./typescript.ts";

const root = join(import.meta.dirname, "..", "..");

/** Changes of the generator itself make its output stale too. */
const sources = ["read.ts", "imports.ts", "typescript.ts", "generate.ts"].map((name) =>
  join(import.meta.dirname, name),
);

export interface GenerateOptions {
  /** Folder with the proto files. */
  readonly proto?: string;
  /** Folder for the output. */
  readonly out?: string;
}

/**
 * Brings `proto/gen` up to date; answers whether anything had to be done. Several processes may do
 * so at once, beside others that read: each file is replaced whole, the mark of freshness last.
 */
export function ensureGenerated(options: GenerateOptions = {}): boolean {
  const proto = options.proto ?? join(root, "proto");
  const out = options.out ?? join(proto, "gen");
  const names = protoFiles(proto, out);
  const hash = hashOf([...sources, ...names.map((name) => join(proto, name))], proto);
  if (isFresh(out, hash)) return false;
  const files = render(proto, names);
  for (const [path, text] of files) replace(join(out, path), text);
  removeOthers(out, files);
  replace(join(out, mark), hash);
  return true;
}

/** Says which inputs the output was made from. */
const mark = "inputs.sha256";

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
    return readFileSync(join(out, mark), "utf8") === hash;
  } catch {
    return false;
  }
}

/** Contents by path below the output folder. */
function render(proto: string, names: readonly string[]): Map<string, string> {
  const descriptor = readProtos(proto, names);
  const files = new Map([["descriptor.json", JSON.stringify(descriptor)]]);
  for (const [name, text] of typeScriptModules(descriptor)) files.set(modulePath(name), text);
  return files;
}

function replace(path: string, text: string): void {
  const fresh = `${path}.${process.pid}`;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(fresh, text);
  renameSync(fresh, path);
}

/** What earlier protos gave; a file that another process is writing has a name of its own. */
function removeOthers(out: string, files: ReadonlyMap<string, string>): void {
  for (const path of readdirSync(out, { recursive: true, encoding: "utf8" })) {
    if (/\.(?:ts|json)$/.test(path) && !files.has(path)) rmSync(join(out, path), { force: true });
  }
}
