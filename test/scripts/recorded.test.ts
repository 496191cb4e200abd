/**
 * What kubectl printed on a real Kubernetes 1.36, played again. `failing.txt` lists the blocks that
 * do not pass yet, and whole files; it may only shrink.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ensureKubectl } from "../../infra/kubectl/find.ts";
import { root } from "../../infra/tools/cache.ts";
import { TestCluster } from "../e2e/cluster.ts";
import { comparable, isTooNew, minorMin } from "./differing.ts";
import { play } from "./play.ts";
import { differences, namesOf, readTranscript } from "./transcript.ts";

const folder = join(root, "..", "shared", "golden", "kubectl");
const isHere = existsSync(folder);
if (!isHere) {
  process.stderr.write(`recorded transcripts are left out: ${folder} is not on this machine\n`);
}
const [, minor] = (await ensureKubectl(process.env)).version;
const isOld = minor < minorMin;
if (isOld) process.stderr.write(`recorded transcripts are left out: kubectl is 1.${minor}\n`);
const failing = new Set(
  readFileSync(join(import.meta.dirname, "failing.txt"), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#")),
);
const files = isHere ? readdirSync(folder).filter((file) => file.endsWith(".txt")) : [];
const played = files.filter((file) => !failing.has(file));
const playMsMax = 240_000;

const blocksOf = (file: string) => readTranscript(readFileSync(join(folder, file), "utf8"));

describe.runIf(isHere && !isOld)("kubectl prints what it printed", () => {
  let cluster: TestCluster;

  beforeAll(async () => {
    cluster = await TestCluster.start({ nodes: 3 });
  }, playMsMax);

  afterAll(() => cluster.stop());

  test.concurrent.for(played)("%s", { timeout: playMsMax }, async (file, context) => {
    const blocks = blocksOf(file);
    const names = namesOf(file, blocks);
    const isListed = (index: number) => failing.has(names[index] ?? "");
    const skips = (index: number) => blocks[index]?.type === "wait" && isListed(index);
    const results = await play(cluster, blocks, { skips });
    const problems = results.flatMap(({ block, output }, index) => {
      if (block.type === "remark" || block.type === "file" || output === undefined) return [];
      if (block.type === "wait") return output;
      if (isTooNew(block.words, minor)) return [];
      const [wanted, found] = [block.output ?? [], output].map((lines) =>
        comparable(block.words, lines),
      );
      const differing = differences(wanted ?? [], found ?? []);
      if (isListed(index)) {
        return differing.length > 0 ? [] : [`${names[index]} passes: take it from failing.txt`];
      }
      return differing.length > 0 ? [names[index] ?? "", ...differing] : [];
    });
    context.expect(problems.join("\n")).toBe("");
  });

  test("failing.txt names blocks and files only", () => {
    const known = new Set(files.flatMap((file) => [file, ...namesOf(file, blocksOf(file))]));
    expect([...failing].filter((line) => !known.has(line))).toEqual([]);
  });
});
