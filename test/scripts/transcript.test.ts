import { expect, test } from "vitest";
import { normalLines, type Scene } from "./normal.ts";
import { differences, namesOf, readTranscript, writeTranscript } from "./transcript.ts";

const text = `# A remark.
$ get pods
----
NAME
exit 0
# file a.yaml
| kind: Pod
|
# wait 20 get pod a
$ create -f -
| kind: Pod
$ get pods
----
exit 1
`;

test("what is read is written again", () => {
  const blocks = readTranscript(text);
  expect(blocks.map(({ type }) => type)).toEqual([
    ...["remark", "command", "file", "wait", "command", "command"],
  ]);
  expect(writeTranscript(blocks)).toBe(text);
  expect(namesOf("a.txt", blocks).at(-1)).toBe("a.txt: $ get pods (2)");
});

test("output without an exit code is refused", () => {
  expect(() => readTranscript("$ get pods\n----\nNAME\n")).toThrow(
    "no exit code after: $ get pods",
  );
});

test.each<[string[], string[], string[]]>([
  [["a", "b"], ["a", "b"], []],
  [["a", "b"], ["b"], ["- a"]],
  [["a"], ["a", "b"], ["+ b"]],
  [
    ["a", "b", "c"],
    ["a", "x", "c"],
    ["- b", "+ x"],
  ],
])("%j and %j differ in %j", (wanted, found, lines) => {
  expect(differences(wanted, found)).toEqual(lines);
});

const scene = (): Scene => ({
  namespace: "t-1234567890",
  folder: "/tmp/t",
  server: "https://127.0.0.1:1234",
  kubeconfig: "/tmp/k",
  nodes: ["a-node-1", "a-node-2"],
  given: "get pods 10.0.0.1",
  seen: new Map(),
});

test.each([
  ["web-5d4f8c7b9d-x2x4z  1/1   Running   0   12s", "web-<hash1>-<pod1>  1/1  Running  0  <age>"],
  ["in t-1234567890 on a-node-2", "in $NS on <node>"],
  ["10.0.0.1 and 10.0.0.2", "10.0.0.1 and <ip>"],
  ['resourceVersion: "123"', 'resourceVersion: "<rv>"'],
  ["at 2026-01-02T03:04:05Z", "at <time>"],
])("%j becomes %j", (output, line) => {
  expect(normalLines(scene(), `${output}\n`)).toEqual([line]);
});

test("a generated name keeps its number, another gets the next", () => {
  const lines = normalLines(scene(), "web-5d4f8c7b9d\nweb-6d4f8c7b9d\nweb-5d4f8c7b9d\n");
  expect(lines).toEqual(["web-<hash1>", "web-<hash2>", "web-<hash1>"]);
});
