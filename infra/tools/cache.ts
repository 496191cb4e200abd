/** The project's own folder for what it installs and computes; never part of a commit. */
import { chmod, copyFile, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const root = join(import.meta.dirname, "..", "..");

/** `.cache` in the checkout, or where KUBUS_CACHE says. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  return env["KUBUS_CACHE"] || join(root, ".cache");
}

/** Where installed programs lie. */
export const programFolder = (cache: string): string => join(cache, "bin");

/** Puts a program into the cache. Two processes may do so at once: the last one wins, whole. */
export async function keepProgram(cache: string, name: string, from: string): Promise<string> {
  const folder = programFolder(cache);
  await mkdir(folder, { recursive: true });
  const kept = join(folder, name);
  const unfinished = `${kept}.${process.pid}`;
  await copyFile(from, unfinished);
  await chmod(unfinished, 0o755);
  await rename(unfinished, kept);
  return kept;
}

/** Gives the work a folder of its own, which is gone afterwards. */
export async function inTemporaryFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "kubus-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
