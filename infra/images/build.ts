/** Builds the images of the services from one Dockerfile. */
import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import Docker from "dockerode";
import { capture, mustRun } from "../tools/command.ts";
import { importBase } from "./bases.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What a service needs at run time, besides its libraries. */
const parts = ["libs", "proto", "services", "package.json", "infra/images"];

export interface Images {
  /** Tag of a service's image. */
  readonly of: (service: string) => string;
}

/** The base image for Node: `NODE_IMAGE`, or one made from the Node that runs this. */
export async function nodeImage(docker: Docker, env: NodeJS.ProcessEnv): Promise<string> {
  if (env.NODE_IMAGE) return env.NODE_IMAGE;
  return importBase(docker, {
    tag: "local/node:24",
    program: process.execPath,
    path: "/usr/local/bin/node",
    changes: ["ENV PATH=/usr/local/bin:/usr/bin:/bin", 'CMD ["node"]'],
  });
}

/** The image for NATS: `NATS_IMAGE`, or one made from the nats-server of this machine. */
export async function natsImage(
  docker: Docker,
  env: NodeJS.ProcessEnv,
  program: string,
): Promise<string> {
  if (env.NATS_IMAGE) return env.NATS_IMAGE;
  return importBase(docker, {
    tag: "local/nats:2",
    program,
    path: "/usr/local/bin/nats-server",
    changes: ['ENTRYPOINT ["/usr/local/bin/nats-server"]', "EXPOSE 4222"],
  });
}

/** Builds one image for each service; all layers but the last word are shared. */
export async function buildImages(
  services: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<Images> {
  const docker = new Docker();
  const base = await nodeImage(docker, env);
  const context = await mkdtemp(join(tmpdir(), "kubus-context-"));
  try {
    await fillContext(context);
    const archive = join(context, archiveName);
    await mustRun("tar", ["-C", context, `--exclude=./${archiveName}`, "-cf", archive, "."]);
    for (const service of services) await buildOne(docker, archive, service, base);
  } finally {
    await rm(context, { recursive: true, force: true });
  }
  return { of: tagOf };
}

const archiveName = "context.tar";
const tagOf = (service: string) => `kubus/${service}:local`;

async function fillContext(context: string): Promise<void> {
  for (const part of parts) await cp(join(root, part), join(context, part), { recursive: true });
  // Only what runs: the list that npm has of the packages that are no tools.
  const { stdout } = await capture("npm", ["ls", "--omit=dev", "--all", "--parseable"], {
    cwd: root,
  });
  const packages = stdout.split("\n").filter((path) => path.includes("node_modules"));
  for (const path of packages) {
    const target = join(context, relative(root, path));
    // The Node in node_modules is the base image's affair.
    if (/node-linux-/.test(path)) continue;
    await mkdir(join(target, ".."), { recursive: true });
    await cp(path, target, { recursive: true, force: true });
  }
}

async function buildOne(
  docker: Docker,
  archive: string,
  service: string,
  base: string,
): Promise<void> {
  const stream = await docker.buildImage(archive, {
    t: tagOf(service),
    dockerfile: "infra/images/Dockerfile",
    buildargs: { NODE_IMAGE: base, SERVICE: service },
  });
  await new Promise<void>((resolve, reject) => {
    const finish = (error: Error | null, output: readonly { error?: string }[] | null) => {
      const failure = output?.find((line) => line.error)?.error;
      if (error || failure) reject(error ?? new Error(failure));
      else resolve();
    };
    docker.modem.followProgress(stream, finish);
  });
}
