/** What a user types and sees: transcripts of kubectl. UPDATE=1 writes down what is printed now. */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ensureKubectl } from "../../infra/kubectl/find.ts";
import { TestCluster } from "../e2e/cluster.ts";
import { comparable, minorMin } from "./differing.ts";
import { play } from "./play.ts";
import { differences, namesOf, readTranscript, writeTranscript } from "./transcript.ts";

const folder = join(import.meta.dirname, "transcripts");
const [, minor] = (await ensureKubectl(process.env)).version;
const isOld = minor < minorMin;
if (isOld) process.stderr.write(`transcripts are left out: kubectl is 1.${minor}\n`);
const files = readdirSync(folder).filter((file) => file.endsWith(".txt"));
const isUpdate = process.env["UPDATE"] === "1";
const playMsMax = 180_000;

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await TestCluster.start({ nodes: 3 });
}, playMsMax);

afterAll(() => cluster.stop());

test.concurrent.for(isOld ? [] : files)("%s", { timeout: playMsMax }, async (file, context) => {
  const path = join(folder, file);
  const blocks = readTranscript(readFileSync(path, "utf8"));
  const names = namesOf(file, blocks);
  const results = await play(cluster, blocks);
  if (isUpdate) {
    const played = results.map(({ block, output }) =>
      block.type === "command" && output
        ? { ...block, output: comparable(block.words, output) }
        : block,
    );
    writeFileSync(path, writeTranscript(played));
  }
  const problems = results.flatMap(({ block, output }, index) => {
    if (block.type === "wait") return output ?? [];
    if (block.type !== "command" || isUpdate) return [];
    const [wanted = [], found = []] = [block.output ?? [], output ?? []].map((lines) =>
      comparable(block.words, lines),
    );
    const differing = differences(wanted, found);
    return differing.length > 0 ? [names[index] ?? "", ...differing] : [];
  });
  context.expect(problems.join("\n")).toBe("");
});

test("kubectl get --watch shows each change", { timeout: playMsMax }, async () => {
  const words = ["get", "configmaps", "--watch-only", "--output-watch-events", "--no-headers"];
  const watching = spawn(cluster.kubectlPath, words, { env: cluster.env });
  let seen = "";
  watching.stdout.on("data", (text: Buffer) => (seen += text.toString().replace(/ +/g, " ")));
  const change = async () => {
    await cluster.try(["delete", "configmap", "watched", "--ignore-not-found"]);
    await cluster.kubectl("create", "configmap", "watched");
    await cluster.kubectl("patch", "configmap", "watched", "-p", '{"data":{"a":"b"}}');
    return seen;
  };
  // Nothing tells when the watch has begun: a later round of changes is seen whole.
  const round = /ADDED watched 0 [^]*MODIFIED watched 1 [^]*DELETED watched 1 /;
  await expect.poll(change, { timeout: playMsMax }).toMatch(round);
  watching.kill();
});
