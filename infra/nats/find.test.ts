import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { capture } from "../tools/command.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kubus-find-"));
  await mkdir(join(folder, "path"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A program of that name in the folder: a shell script. */
async function program(where: string, name: string, script: string): Promise<string> {
  const file = join(folder, where, name);
  await mkdir(join(folder, where), { recursive: true });
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  return file;
}

/** Script of a nats-server of that version. */
const server = (version: string) => `echo "nats-server: v${version}"`;

/** Runs the finder where only the fakes can be found. */
async function find(env: Record<string, string> = {}) {
  const PATH = join(folder, "path");
  const { code, stdout, stderr } = await capture(
    process.execPath,
    [join(import.meta.dirname, "main.ts")],
    { env: { PATH, KUBUS_CACHE: join(folder, "cache"), HOME: folder, ...env } },
  );
  return { code, text: code === 0 ? stdout.trim() : stderr };
}

describe("a nats-server is looked for", () => {
  test("where NATS_SERVER_BIN says, before PATH", async () => {
    await program("path", "nats-server", server("2.12.0"));
    const named = await program("elsewhere", "mine", server("2.11.0"));
    const { text } = await find({ NATS_SERVER_BIN: named });
    expect(text).toBe(`nats-server 2.11.0 (NATS_SERVER_BIN): ${named}`);
  });

  test.each([
    ["too old", server("2.9.10"), /is version 2\.9\.10; 2\.10\.23 or newer is needed/],
    ["silent", "exit 1", /does not answer to --version/],
  ])("and a %s NATS_SERVER_BIN is an error, not a reason to go on", async (_, script, message) => {
    await program("path", "nats-server", server("2.12.0"));
    const { code, text } = await find({ NATS_SERVER_BIN: await program("x", "mine", script) });
    expect(code).toBe(1);
    expect(text).toMatch(message);
  });

  test("on the PATH before the cache", async () => {
    const onPath = await program("path", "nats-server", server("2.10.23"));
    await program("cache/bin", "nats-server", server("2.12.0"));
    expect((await find()).text).toBe(`nats-server 2.10.23 (PATH): ${onPath}`);
  });

  test("in the cache when the one on the PATH is too old", async () => {
    await program("path", "nats-server", server("2.10.22"));
    const cached = await program("cache/bin", "nats-server", server("2.10.23"));
    expect((await find()).text).toBe(`nats-server 2.10.23 (cache): ${cached}`);
  });
});

/** Ways to install that say in a file that they were tried. */
async function ways(script: Partial<Record<"apt-cache" | "go" | "brew" | "docker", string>>) {
  for (const name of ["apt-cache", "apt-get", "go", "brew", "docker"] as const) {
    const then = name === "apt-get" ? "exit 1" : (script[name] ?? "exit 1");
    await program("path", name, `echo ${name} "$@" >> ${folder}/tried\n${then}`);
  }
}

const tried = async () =>
  (await readFile(join(folder, "tried"), "utf8"))
    .split("\n")
    .flatMap((line) => line.split(" ")[0] || []);

describe("a nats-server is installed", () => {
  test("into the cache by the first way that works", async () => {
    const built = await program("built", "nats-server", server("2.12.1"));
    await ways({ go: `/bin/cp ${built} "$GOBIN/"` });
    const { text } = await find();
    expect(text).toBe(`nats-server 2.12.1 (go install): ${join(folder, "cache/bin/nats-server")}`);
    expect(new Set(await tried())).toEqual(new Set(["apt-cache", "apt-get", "go"]));
    expect((await find()).text).toMatch(/\(cache\)/);
  });

  test("by a later way when what came is too old or does not run", async () => {
    const old = await program("old", "nats-server", server("2.9.0"));
    await program("opt/bin", "nats-server", "exit 1");
    const fine = await program("image", "nats-server", server("2.11.9"));
    await ways({
      go: `/bin/cp ${old} "$GOBIN/"`,
      brew: `[ "$1" = --prefix ] && echo ${join(folder, "opt")}; exit 0`,
      docker: `case $1 in create) echo c0ffee;; cp) /bin/cp ${fine} "$3/";; esac`,
    });
    expect((await find()).text).toMatch(/^nats-server 2\.11\.9 \(Docker\)/);
    const docker = (await readFile(join(folder, "tried"), "utf8")).match(/docker .*/g);
    expect(docker?.map((line) => line.split(" ")[1])).toEqual(["create", "cp", "rm"]);
  });

  test("or one error names what failed and what can be done", async () => {
    await ways({});
    const { code, text } = await find();
    expect(code).toBe(1);
    for (const way of ["apt", "go install", "Homebrew", "Docker"]) expect(text).toContain(way);
    for (const choice of ["NATS_SERVER_BIN", "--nats-url", "PATH"]) expect(text).toContain(choice);
  });
});
