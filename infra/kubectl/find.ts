/** Finds the kubectl that tests use: the newest one on the machine that this Kubus is made for. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { unpackProgram } from "../debian/package.ts";
import { cacheFolder, programFolder } from "../tools/cache.ts";
import { capture, isExecutable, programsNamed } from "../tools/command.ts";
import { errorText } from "../tools/error-text.ts";
import { compareVersions, parseVersion, type Version } from "../tools/version.ts";

export interface Kubectl {
  readonly path: string;
  readonly version: Version;
}

/** kubectl may be one minor version newer than the server; tests want none that is. */
const minorMax = 36;
const versionMin: Version = [1, 27, 0];

/** Google's SDK brings kubectl in several versions, named by it. */
const sdkFolder = "/usr/lib/google-cloud-sdk/bin";

/** The newest that is not too new; undefined when there is none. */
export function newest(candidates: readonly Kubectl[]): Kubectl | undefined {
  return candidates
    .filter(({ version }) => version[0] === 1 && version[1] <= minorMax)
    .filter(({ version }) => compareVersions(version, versionMin) >= 0)
    .toSorted((first, second) => compareVersions(second.version, first.version))[0];
}

async function findKubectl(env: NodeJS.ProcessEnv): Promise<Kubectl | undefined> {
  const cached = join(programFolder(cacheFolder(env)), "kubectl");
  const paths = [
    ...(await programsNamed("kubectl", env["PATH"] ?? "")),
    ...(await newestOfSdk()),
    ...((await isExecutable(cached)) ? [cached] : []),
  ];
  const candidates = await Promise.all(
    paths.map(async (path) => ({ path, version: await versionOf(path) })),
  );
  return newest(candidates.filter((candidate): candidate is Kubectl => !!candidate.version));
}

/** Asking a single one for its version is enough: their names tell which is the newest. */
async function newestOfSdk(): Promise<string[]> {
  const names = await readdir(sdkFolder).catch(() => [] as string[]);
  const minors = names.flatMap((name) => {
    const minor = /^kubectl\.1\.(\d+)$/.exec(name)?.[1];
    return minor && Number(minor) <= minorMax ? [Number(minor)] : [];
  });
  return minors.length === 0 ? [] : [join(sdkFolder, `kubectl.1.${Math.max(...minors)}`)];
}

async function versionOf(path: string): Promise<Version | undefined> {
  const { code, stdout } = await capture(path, ["version", "--client", "--output=json"]);
  return code === 0 ? parseVersion(stdout.slice(stdout.indexOf("gitVersion"))) : undefined;
}

/** {@link findKubectl}, else Debian's, unpacked into the cache. */
export async function ensureKubectl(env: NodeJS.ProcessEnv): Promise<Kubectl> {
  const found = await findKubectl(env);
  if (found) return found;
  try {
    const path = await unpackProgram(
      {
        package: "kubectl",
        file: "usr/bin/kubectl",
        program: "kubectl",
        versionMin,
        newerSuites: ["sid"],
      },
      cacheFolder(env),
    );
    const version = await versionOf(path);
    if (!version) throw new Error(`${path} does not run here`);
    return { path, version };
  } catch (error) {
    const reason = errorText(error);
    throw new Error(`no kubectl was found and Debian's could not be unpacked: ${reason}`, {
      cause: error,
    });
  }
}
