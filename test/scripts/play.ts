/** Plays a transcript on a cluster, in a namespace and a folder of its own. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { realWorld } from "#libs/actor/world.ts";
import { run, type TestCluster, until } from "../e2e/cluster.ts";
import { normalLines, type Scene } from "./normal.ts";
import type { Block } from "./transcript.ts";

export interface Played {
  readonly block: Block;
  /** Lines that were printed, the exit code as the last; undefined: nothing to compare. */
  readonly output: readonly string[] | undefined;
}

interface Options {
  /** Whether a block is left out. */
  readonly skips?: (index: number) => boolean;
}

const pollMs = 250;

export async function play(
  cluster: TestCluster,
  blocks: readonly Block[],
  { skips = () => false }: Options = {},
): Promise<Played[]> {
  const scene = await setScene(cluster, blocks);
  const played: Played[] = [];
  try {
    for (const [index, block] of blocks.entries()) {
      const output = skips(index) ? undefined : await playBlock(cluster, scene, block);
      played.push({ block, output });
    }
    return played;
  } finally {
    await cluster.try(["delete", "namespace", scene.namespace, "--wait=false"]);
    await rm(scene.folder, { recursive: true, force: true });
  }
}

async function setScene(cluster: TestCluster, blocks: readonly Block[]): Promise<Scene> {
  const namespace = `t-${realWorld.uuid().replaceAll("-", "").slice(0, 10)}`;
  await cluster.kubectl("create", "namespace", namespace);
  const present = ["get", "serviceaccount/default", "configmap/kube-root-ca.crt"];
  await until(
    "the namespace",
    () => cluster.kubectl(...present, "-n", namespace),
    () => true,
  );
  const nodes = await cluster.kubectl("get", "nodes", "-o", "name");
  return {
    namespace,
    folder: await mkdtemp(join(tmpdir(), "kubus-script-")),
    server: cluster.record.server,
    kubeconfig: cluster.env["KUBECONFIG"] ?? "",
    nodes: nodes
      .split("\n")
      .map((name) => name.replace("node/", ""))
      .toSorted(),
    given: blocks
      .flatMap((block) => (block.type === "remark" ? [] : [block.line, ...block.input]))
      .join("\n"),
    seen: new Map(),
  };
}

async function playBlock(
  cluster: TestCluster,
  scene: Scene,
  block: Block,
): Promise<string[] | undefined> {
  switch (block.type) {
    case "remark":
      return undefined;
    case "file": {
      const path = join(scene.folder, block.path);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, filled(scene, `${block.input.join("\n")}\n`));
      return undefined;
    }
    case "wait": {
      const ends = realWorld.monotonic() + block.secondsMax * 1_000;
      while (realWorld.monotonic() < ends) {
        const { code } = await command(cluster, scene, block.words, block.input);
        if (code === 0) return undefined;
        await realWorld.sleep(pollMs);
      }
      return [`${block.line}: never came true`];
    }
    case "command": {
      const { code, stdout } = await command(cluster, scene, block.words, block.input);
      const lines = stdout === "" ? [] : normalLines(scene, stdout);
      return [...lines, `exit ${code}`];
    }
  }
}

const settings = /^(?:[A-Z_]+=(?:'[^']*'|"[^"]*"|\S*) +)*/;

/** Through the shell, which knows quotes and pipes; output and errors in one stream. */
function command(cluster: TestCluster, scene: Scene, words: string, input: readonly string[]) {
  const asked = filled(scene, words);
  const [variables = ""] = settings.exec(asked) ?? [];
  const rest = asked.slice(variables.length);
  const script = `exec 2>&1; ${variables}'${cluster.kubectlPath}' -n ${scene.namespace} ${rest}`;
  const env = { ...cluster.env, TMPDIR: scene.folder, TZ: "UTC", LC_ALL: "C" };
  const text = input.length === 0 ? "" : filled(scene, `${input.join("\n")}\n`);
  return run("/bin/sh", ["-c", script], { input: text, cwd: scene.folder, env });
}

const filled = ({ namespace, nodes }: Scene, text: string) =>
  text.replaceAll("$NS", namespace).replaceAll("$NODE", nodes.at(-1) ?? "no-node");
