/** The ways to get a nats-server into the project's cache. */
import { join } from "node:path";
import { unpackProgram } from "../debian/package.ts";
import { inTemporaryFolder, keepProgram } from "../tools/cache.ts";
import { mustRun } from "../tools/command.ts";
import { type Installed, installByFirst, NotInstallableError, type Way } from "../tools/install.ts";
import { versionText } from "../tools/version.ts";
import { natsVersionMin } from "./version.ts";

const program = "nats-server";
const goModule = "github.com/nats-io/nats-server/v2@latest";
const image = "nats:2";
/** Milliseconds for a build or a download. */
const installMsMax = 600_000;

/** Rejects when the program at that path does not do. */
export type Check = (path: string) => Promise<void>;

function ways(cache: string): Way[] {
  return [
    {
      name: "apt",
      install: () =>
        unpackProgram(
          {
            package: program,
            file: "usr/sbin/nats-server",
            program,
            versionMin: natsVersionMin,
            newerSuites: ["trixie", "sid"],
          },
          cache,
        ),
    },
    {
      name: "go install",
      install: () =>
        inTemporaryFolder(async (folder) => {
          await goInstall(goModule, folder);
          return keepProgram(cache, program, join(folder, program));
        }),
    },
    {
      name: "Homebrew",
      install: async () => {
        await mustRun("brew", ["install", program], { timeoutMs: installMsMax });
        const prefix = await mustRun("brew", ["--prefix", program]);
        return keepProgram(cache, program, join(prefix.trim(), "bin", program));
      },
    },
    {
      name: "Docker",
      install: () => inTemporaryFolder((folder) => copyFromImage(folder, cache)),
    },
  ];
}

/** Builds a Go program into a folder. */
export async function goInstall(module: string, folder: string): Promise<void> {
  const env = { ...process.env, GOBIN: folder, CGO_ENABLED: "0" };
  await mustRun("go", ["install", module], { env, timeoutMs: installMsMax });
}

async function copyFromImage(folder: string, cache: string): Promise<string> {
  if (process.platform !== "linux") throw new Error("the image holds a program for Linux");
  const made = await mustRun("docker", ["create", image], { timeoutMs: installMsMax });
  const container = made.trim().split("\n").at(-1) ?? "";
  try {
    await mustRun("docker", ["cp", `${container}:/${program}`, folder]);
  } finally {
    await mustRun("docker", ["rm", container]);
  }
  return keepProgram(cache, program, join(folder, program));
}

/** Installs by the first way whose program passes the check. */
export async function installNatsServer(cache: string, check: Check): Promise<Installed> {
  const checked = ways(cache).map(({ name, install }) => ({
    name,
    install: async () => {
      const path = await install();
      await check(path);
      return path;
    },
  }));
  try {
    return await installByFirst(program, checked);
  } catch (error) {
    if (error instanceof NotInstallableError) throw new Error(`${error.message}\n${choices}`);
    throw error;
  }
}

const choices = `Kubus needs nats-server ${versionText(natsVersionMin)} or newer. Choose one:
  - install nats-server with your system's packages, so that it is on the PATH
  - name one with NATS_SERVER_BIN=/path/to/nats-server
  - use a server that you run: --nats-url nats://host:4222 (or NATS_URL)`;
