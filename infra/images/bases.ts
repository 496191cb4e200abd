/**
 * Base images where no registry answers: made from this machine's own programs and the libraries
 * that they are linked with.
 */
import { spawn } from "node:child_process";
import { copyFile, mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import type Docker from "dockerode";
import { capture } from "../tools/command.ts";

export interface BaseImage {
  /** `local/node:24`. */
  readonly tag: string;
  /** A program on this machine, and where it goes in the image. */
  readonly program: string;
  readonly path: string;
  /** Dockerfile instructions: ENV, ENTRYPOINT, … */
  readonly changes: readonly string[];
}

/** Libraries that are loaded by name when a host name is looked up. */
const resolverLibraries = ["libnss_files.so.2", "libnss_dns.so.2", "libresolv.so.2"];

/** Files that a program needs to run, by the loader's own word. A static program needs none. */
async function librariesOf(program: string): Promise<string[]> {
  const { code, stdout } = await capture("ldd", [program]);
  if (code !== 0) return [];
  const linked = [...stdout.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map(([, path = ""]) => path);
  const libc = linked.find((path) => basename(path).startsWith("libc.so"));
  const resolvers = libc ? resolverLibraries.map((name) => join(dirname(libc), name)) : [];
  return [...new Set([...linked, ...resolvers])];
}

async function copyInto(folder: string, from: string, to: string): Promise<void> {
  const target = join(folder, to);
  await mkdir(dirname(target), { recursive: true });
  // The name stays as it is linked, the file is what the link leads to.
  await copyFile(await realpath(from), target).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
}

/** Makes the image and gives its tag. Rejects with what `tar` or the engine said. */
export async function importBase(docker: Docker, image: BaseImage): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "kubus-image-"));
  try {
    await copyInto(folder, image.program, image.path);
    for (const library of await librariesOf(image.program)) {
      await copyInto(folder, library, library);
    }
    for (const name of ["tmp", "data", "app", "etc"]) {
      await mkdir(join(folder, name), { recursive: true, mode: 0o777 });
    }
    await writeFile(join(folder, "etc/passwd"), "root:x:0:0:root:/:/bin/sh\n");
    await writeFile(join(folder, "etc/nsswitch.conf"), "hosts: files dns\n");
    await importFolder(docker, folder, image);
    return image.tag;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function importFolder(docker: Docker, folder: string, image: BaseImage): Promise<void> {
  const tar = spawn("tar", ["--numeric-owner", "--owner=0", "--group=0", "-C", folder, "-c", "."]);
  const [repo, tag] = image.tag.split(":");
  const stream = await docker.importImage(tar.stdout, {
    repo,
    tag,
    changes: [...image.changes],
  });
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(stream, (error) => (error ? reject(error) : resolve()));
  });
}
