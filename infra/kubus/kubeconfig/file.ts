/** The user's kubeconfig on the disk: where it is, and changes that lose nobody else's change. */
import { mkdir, open, readFile, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { dump, load } from "js-yaml";
import { realWorld, type World } from "#libs/actor/world.ts";
import {
  type ClusterAccess,
  type Kubeconfig,
  kubeconfigOf,
  withCluster,
  withoutCluster,
} from "./merge.ts";

const lockMsMax = 5_000;
const lockPollMs = 20;

/**
 * The file that is changed: the one asked for, else the first of $KUBECONFIG that exists (its last
 * when none does), else ~/.kube/config. The same choice as kind's.
 */
export async function kubeconfigPath(
  asked: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<string> {
  if (asked) return asked;
  const files = (env["KUBECONFIG"] ?? "").split(delimiter).filter(Boolean);
  for (const file of files) {
    if (await stat(file).catch(() => undefined)) return file;
  }
  return files.at(-1) ?? join(env["HOME"] || homedir(), ".kube", "config");
}

export const kubeconfigText = (access: ClusterAccess): string => textOf(kubeconfigOf(access));

const textOf = (config: Kubeconfig) => dump(config, { lineWidth: -1, noRefs: true });

/** Adds the cluster and makes it current; resolves with the context that was current before. */
export async function addCluster(file: string, access: ClusterAccess): Promise<string> {
  let before = "";
  await change(file, (existing) => {
    before = existing["current-context"] ?? "";
    return withCluster(existing, access);
  });
  return before;
}

/** Takes the cluster out; a file that is not there stays so. */
export async function removeCluster(
  file: string,
  context: string,
  contextBefore: string,
): Promise<void> {
  if (!(await stat(file).catch(() => undefined))) return;
  await change(file, (existing) => withoutCluster(existing, context, contextBefore));
}

/** Under the lock file that kubectl and kind use too; the new text replaces the old one whole. */
async function change(
  file: string,
  edit: (existing: Kubeconfig) => Kubeconfig,
  world: World = realWorld,
): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  // A link stays a link: what it points to is replaced.
  const target = await realpath(file).catch(() => file);
  const lock = `${target}.lock`;
  await acquire(lock, world);
  try {
    const text = await readFile(target, "utf8").catch(absentIsEmpty);
    const edited = textOf(edit(parse(text, file)));
    if (edited === text) return;
    await writeFile(`${target}.kubus`, edited, { mode: 0o600 });
    await rename(`${target}.kubus`, target);
  } finally {
    await rm(lock, { force: true });
  }
}

function absentIsEmpty(error: NodeJS.ErrnoException): string {
  if (error.code === "ENOENT") return "";
  throw error;
}

function parse(text: string, file: string): Kubeconfig {
  if (text.trim() === "") return {};
  const config = loaded(text);
  if (typeof config === "object" && config !== null && !Array.isArray(config)) {
    return config as Kubeconfig;
  }
  throw new Error(`${file} is not a kubeconfig; it was left as it is`);
}

/** Undefined for what is not YAML. */
function loaded(text: string): unknown {
  try {
    return load(text);
  } catch {
    return undefined;
  }
}

async function acquire(lock: string, world: World): Promise<void> {
  const started = world.monotonic();
  while (true) {
    try {
      await (await open(lock, "wx", 0o600)).close();
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      if (world.monotonic() - started > lockMsMax) {
        throw new Error(`${lock} exists: another program is changing the file, or left its lock`, {
          cause: error,
        });
      }
      await world.sleep(lockPollMs);
    }
  }
}
