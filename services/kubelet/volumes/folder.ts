/**
 * Writes a volume's files so that readers see either all old or all new ones: names lead through
 * the link `..data` to a folder that is swapped as a whole.
 */
import { mkdir, readdir, readlink, rename, rm, symlink, writeFile } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import { chmod, chown, lstat, readFile } from "node:fs/promises";
import { dirname, join, normalize } from "node:path";
import { type VolumeFile, VolumeError } from "./files.ts";

const dataLink = "..data";

/** Who may read: the pod's fsGroup, if it has one. */
export interface Ownership {
  readonly group: number | undefined;
}

/**
 * Makes the folder show exactly these files. `version` names the new inner folder. Does nothing
 * when the content is the same already. Throws VolumeError for a path that leads out.
 */
export async function writeVolume(
  folder: string,
  files: readonly VolumeFile[],
  version: string,
  { group }: Ownership,
): Promise<void> {
  for (const { path } of files) checkPath(path);
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const current = await readlink(join(folder, dataLink)).catch(() => undefined);
  if (current !== undefined && (await holds(join(folder, current), files))) return;
  const next = `..${version}`;
  await writeFiles(join(folder, next), files, group);
  await symlink(next, join(folder, `${dataLink}_tmp`));
  await rename(join(folder, `${dataLink}_tmp`), join(folder, dataLink));
  await linkNames(folder, files);
  if (current !== undefined) await rm(join(folder, current), { recursive: true, force: true });
}

function checkPath(path: string): void {
  const isInside = path !== "" && !path.startsWith("/") && !path.split("/").includes("..");
  if (!isInside || normalize(path).startsWith("..")) throw new VolumeError(`invalid path: ${path}`);
}

async function holds(folder: string, files: readonly VolumeFile[]): Promise<boolean> {
  const wanted = files.map(({ path }) => path).toSorted();
  if (!isDeepStrictEqual(await filesIn(folder), wanted)) return false;
  for (const { path, data, mode } of files) {
    const file = join(folder, path);
    if (!(await readFile(file)).equals(data)) return false;
    if (((await lstat(file)).mode & 0o777) !== (mode & 0o777)) return false;
  }
  return true;
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
    .toSorted();
}

async function writeFiles(
  folder: string,
  files: readonly VolumeFile[],
  group: number | undefined,
): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { mode: 0o755 });
  for (const { path, mode, data } of files) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true, mode: 0o755 });
    await writeFile(file, data);
    if (group !== undefined) await chown(file, -1, group);
    await chmod(file, group === undefined ? mode : mode | 0o040);
  }
}

/** The names that containers read: the first part of each path, leading through `..data`. */
async function linkNames(folder: string, files: readonly VolumeFile[]): Promise<void> {
  const wanted = new Set(files.map(({ path }) => path.split("/")[0] ?? ""));
  const present = (await readdir(folder)).filter((name) => !name.startsWith(".."));
  for (const name of present) {
    if (!wanted.has(name)) await rm(join(folder, name), { force: true });
  }
  for (const name of wanted) {
    if (!present.includes(name)) await symlink(join(dataLink, name), join(folder, name));
  }
}
