/** Finds a nats-server that is new enough, or installs one into the project's cache. */
import { join } from "node:path";
import { cacheFolder, programFolder } from "../tools/cache.ts";
import { capture, isExecutable, programsNamed } from "../tools/command.ts";
import { compareVersions, parseVersion, type Version, versionText } from "../tools/version.ts";
import { installNatsServer } from "./install.ts";
import { natsVersionMin } from "./version.ts";

export interface NatsServerProgram {
  readonly path: string;
  readonly version: Version;
  /** Where it came from: "NATS_SERVER_BIN", "PATH", "cache" or the way of installation. */
  readonly origin: string;
}

/** Folders of system programs that are often missing from a user's PATH. */
const systemFolders = ["/usr/sbin", "/usr/local/sbin"];

/**
 * The first that is new enough of NATS_SERVER_BIN, PATH and the cache; undefined when none is.
 * Rejects when NATS_SERVER_BIN names something unusable: whoever set it wants to know.
 */
export async function findNatsServer(
  env: NodeJS.ProcessEnv,
): Promise<NatsServerProgram | undefined> {
  const chosen = env["NATS_SERVER_BIN"];
  if (chosen) return chosenByUser(chosen);
  const cached = join(programFolder(cacheFolder(env)), "nats-server");
  const onPath = await programsNamed("nats-server", env["PATH"] ?? "", systemFolders);
  for (const path of [...onPath, cached]) {
    const version = await versionOf(path);
    if (!version || compareVersions(version, natsVersionMin) < 0) continue;
    return { path, version, origin: path === cached ? "cache" : "PATH" };
  }
  return undefined;
}

async function chosenByUser(path: string): Promise<NatsServerProgram> {
  if (!(await isExecutable(path))) {
    throw new Error(`NATS_SERVER_BIN: ${path} is not a program that can be run`);
  }
  const version = await versionOf(path);
  if (!version) throw new Error(`NATS_SERVER_BIN: ${path} does not answer to --version`);
  if (compareVersions(version, natsVersionMin) < 0) {
    const needed = `${versionText(natsVersionMin)} or newer is needed`;
    throw new Error(`NATS_SERVER_BIN: ${path} is version ${versionText(version)}; ${needed}`);
  }
  return { path, version, origin: "NATS_SERVER_BIN" };
}

async function versionOf(path: string): Promise<Version | undefined> {
  const { code, stdout } = await capture(path, ["--version"]);
  return code === 0 ? parseVersion(stdout) : undefined;
}

/** {@link findNatsServer}, else installs; rejects with one error that names the choices. */
export async function ensureNatsServer(env: NodeJS.ProcessEnv): Promise<NatsServerProgram> {
  const found = await findNatsServer(env);
  if (found) return found;
  const { path, way } = await installNatsServer(cacheFolder(env), async (candidate) => {
    const version = await versionOf(candidate);
    if (!version) throw new Error("the installed program does not run here");
    if (compareVersions(version, natsVersionMin) < 0) {
      throw new Error(`only version ${versionText(version)} is to be had`);
    }
  });
  const version = await versionOf(path);
  if (!version) throw new Error(`${path} does not answer to --version`);
  return { path, version, origin: way };
}
