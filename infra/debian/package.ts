/**
 * Takes one program out of a Debian package without installing it: the system stays as it is and
 * no root is needed.
 */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inTemporaryFolder, keepProgram } from "../tools/cache.ts";
import { mustRun } from "../tools/command.ts";
import { errorText } from "../tools/error-text.ts";
import { compareVersions, parseVersion, type Version } from "../tools/version.ts";
import { type AptSource, archiveOf, readAptSources } from "./sources.ts";

export interface PackagedProgram {
  readonly package: string;
  /** Path inside the package. */
  readonly file: string;
  /** Name that it gets in the cache. */
  readonly program: string;
  readonly versionMin: Version;
  /** Asked in this order when the distribution's own package is too old or absent. */
  readonly newerSuites: readonly string[];
}

/** Milliseconds for one step over the network. */
const stepMsMax = 180_000;

/** Unpacks the program into the cache; rejects with the reason of each suite that was asked. */
export async function unpackProgram(wanted: PackagedProgram, cache: string): Promise<string> {
  const own = await codename();
  const failures: string[] = [];
  for (const suite of ["", ...wanted.newerSuites]) {
    try {
      return await inTemporaryFolder(async (folder) => {
        const options = suite === "" ? [] : await optionsFor(suite, own, folder);
        return unpackFrom(wanted, options, folder, cache);
      });
    } catch (error) {
      failures.push(`${suite || "own suite"}: ${errorText(error)}`);
    }
  }
  throw new Error(failures.join("; "));
}

async function codename(): Promise<string> {
  const release = await readFile("/etc/os-release", "utf8").catch(() => "");
  return /^VERSION_CODENAME="?([\w-]+)/m.exec(release)?.[1] ?? "sid";
}

/** Options that make apt see that suite alone, with lists of its own in the folder. */
async function optionsFor(suite: string, own: string, folder: string): Promise<string[]> {
  const archive = archiveOf(await readAptSources("/etc/apt"), own);
  if (!archive) throw new Error("apt has no source for the distribution itself");
  const parts = join(folder, "sources");
  await mkdir(parts, { recursive: true });
  await mkdir(join(folder, "lists", "partial"), { recursive: true });
  await mkdir(join(folder, "archives", "partial"), { recursive: true });
  await writeFile(join(parts, "newer.sources"), stanza(archive, suite));
  await writeFile(join(folder, "status"), "");
  const settings = {
    "Dir::Etc::sourcelist": "/dev/null",
    "Dir::Etc::sourceparts": parts,
    "Dir::State::lists": join(folder, "lists"),
    "Dir::State::status": join(folder, "status"),
    "Dir::Cache": folder,
    // Only the package index is wanted: no translations, no descriptions of applications.
    "Acquire::Languages": "none",
    "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  await mustRun("apt-get", [...options, "update"], { timeoutMs: stepMsMax });
  return options;
}

function stanza({ uri, signedBy }: AptSource, suite: string): string {
  const lines = ["Types: deb", `URIs: ${uri}`, `Suites: ${suite}`, "Components: main"];
  if (signedBy) lines.push(`Signed-By: ${signedBy}`);
  return `${lines.join("\n")}\n`;
}

async function unpackFrom(
  { package: name, file, program, versionMin }: PackagedProgram,
  options: readonly string[],
  folder: string,
  cache: string,
): Promise<string> {
  const policy = await mustRun("apt-cache", [...options, "policy", name]);
  const candidate = /Candidate: (.*)/.exec(policy)?.[1] ?? "(none)";
  // An epoch, as in 1:2.3, is no part of the program's version.
  const version = parseVersion(candidate.replace(/^\d+:/, ""));
  if (!version) throw new Error(`has no ${name}`);
  if (compareVersions(version, versionMin) < 0) throw new Error(`has only ${candidate}`);
  await mustRun("apt-get", [...options, "download", name], { cwd: folder, timeoutMs: stepMsMax });
  const archive = (await readdir(folder)).find((entry) => entry.endsWith(".deb"));
  if (!archive) throw new Error(`apt-get left no package of ${name}`);
  await mustRun("dpkg", ["-x", join(folder, archive), join(folder, "root")]);
  return keepProgram(cache, program, join(folder, "root", file));
}
