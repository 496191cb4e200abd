import { expect, test } from "vitest";
import type { ActorState, StateResponse } from "#proto/gen/kubus/actor/v1.ts";
import { realWorld } from "#libs/actor/world.ts";
import { chosen, rowsOf } from "./commands/actors.ts";

const actor = (path: string): ActorState => ({
  actor: path,
  machine: "m",
  state: "ready",
  restarts: 2,
  since: 1_000,
  error: path === "" ? "first line\nsecond" : "",
});
const answer = (component: string, instance: string, ...paths: string[]): StateResponse => ({
  component,
  instance,
  pid: 1,
  actors: paths.map(actor),
});
const answers = [
  answer("kubelet", "n1", "", "pod/a"),
  answer("kubelet", "n2", "", "pod/b"),
  answer("scheduler", "0", ""),
];

const rows = (which?: string) =>
  rowsOf(chosen(answers, which), { ...realWorld, now: () => 61_000 }).map((row) => row.slice(0, 3));

test.each<[string | undefined, string[][]]>([
  [
    undefined,
    [
      ["kubelet", "n1", ""],
      ["kubelet", "n1", "pod/a"],
      ["kubelet", "n2", ""],
      ["kubelet", "n2", "pod/b"],
      ["scheduler", "0", ""],
    ],
  ],
  ["scheduler", [["scheduler", "0", ""]]],
  [
    "kubelet/n2",
    [
      ["kubelet", "n2", ""],
      ["kubelet", "n2", "pod/b"],
    ],
  ],
  ["pod/b", [["kubelet", "n2", "pod/b"]]],
  ["nobody", []],
])("of %s", (which, expected) => {
  expect(rows(which)).toEqual(expected);
});

test("a row tells state, restarts, age and the first line of the last error", () => {
  const [row] = rowsOf(answers, { ...realWorld, now: () => 61_000 });
  expect(row?.slice(3)).toEqual(["ready", "2", "60s", "first line"]);
});
