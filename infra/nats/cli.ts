/** Finds the `nats` command line, which people watch the bus with; tests do too where it is. */
import { join } from "node:path";
import { cacheFolder, inTemporaryFolder, keepProgram, programFolder } from "../tools/cache.ts";
import { capture, programsNamed } from "../tools/command.ts";
import { goInstall } from "./install.ts";

const goModule = "github.com/nats-io/natscli/nats@latest";

/** On the PATH or in the cache; undefined when there is none. */
export async function findNatsCli(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const cached = programFolder(cacheFolder(env));
  for (const path of await programsNamed("nats", env["PATH"] ?? "", [cached])) {
    const { code } = await capture(path, ["--version"]);
    if (code === 0) return path;
  }
  return undefined;
}

/** {@link findNatsCli}, else builds it into the cache; rejects where Go cannot. */
export async function ensureNatsCli(env: NodeJS.ProcessEnv): Promise<string> {
  const found = await findNatsCli(env);
  if (found) return found;
  return inTemporaryFolder(async (folder) => {
    await goInstall(goModule, folder);
    return keepProgram(cacheFolder(env), "nats", join(folder, "nats"));
  });
}
