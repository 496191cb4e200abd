import { expect, test } from "vitest";
import { resources } from "#libs/api/index.ts";
import type { FlowSchema } from "#proto/gen/k8s/flowcontrol/v1.ts";
import type { Registry } from "../registry/request.ts";
import type { FlowConfiguration } from "./configuration.ts";
import { tellDangling, untold } from "./dangling.ts";

/** Far more than it takes: machines are busy. */
const soon = { timeout: 10_000 };
const at = "1970-01-01T00:00:00Z";
const what = 'This FlowSchema references the PriorityLevelConfiguration object named "a"';
const found = {
  type: "Dangling",
  status: "False",
  reason: "Found",
  message: `${what} and it exists`,
};
const missing = {
  type: "Dangling",
  status: "True",
  reason: "NotFound",
  message: `${what} but there is no such object`,
};

const schemaWith = (...conditions: object[]): FlowSchema => ({
  metadata: { name: "s" },
  spec: { priorityLevelConfiguration: { name: "a" } },
  status: { conditions },
});
const level = { metadata: { name: "a" } };

test.each<[string, FlowConfiguration, object[]]>([
  [
    "says nothing yet",
    { flowSchemas: [schemaWith()], priorityLevels: [level] },
    [["s", { ...found, lastTransitionTime: at }]],
  ],
  ["says what is true", { flowSchemas: [schemaWith(found)], priorityLevels: [level] }, []],
  [
    "lost its level",
    { flowSchemas: [schemaWith(found)], priorityLevels: [] },
    [["s", { ...missing, lastTransitionTime: at }]],
  ],
  ["says that it has none", { flowSchemas: [schemaWith(missing)], priorityLevels: [] }, []],
])("a schema that %s", (_, configuration, expected) => {
  expect(untold(configuration, 0)).toEqual(expected);
});

function told() {
  const definition = resources.find(({ plural }) => plural === "flowschemas");
  if (definition === undefined) throw new Error("no flow schemas");
  let configuration: FlowConfiguration = { flowSchemas: [schemaWith()], priorityLevels: [level] };
  let listener = (): void => undefined;
  let later: (() => void) | undefined;
  const writes: unknown[] = [];
  let refusals = 0;
  const patch: Registry["patch"] = (_caller, _place, _type, { value }) => {
    if (refusals > 0) {
      refusals -= 1;
      return Promise.reject(new Error("not now"));
    }
    const { conditions = [] } = (value as FlowSchema).status ?? {};
    writes.push(conditions);
    configuration = { ...configuration, flowSchemas: [schemaWith(...conditions)] };
    return Promise.resolve({} as Awaited<ReturnType<Registry["patch"]>>);
  };
  return {
    writes,
    refuse: (times: number) => (refusals = times),
    retry: () => later?.(),
    change(next: Partial<FlowConfiguration>) {
      configuration = { ...configuration, ...next };
      listener();
    },
    start: () =>
      tellDangling({
        registry: { patch },
        definition,
        source: {
          read: () => configuration,
          onChange: (callback) => {
            listener = callback;
            return () => (listener = () => undefined);
          },
        },
        world: {
          now: () => 0,
          after: (_, callback) => {
            later = callback;
            return () => (later = undefined);
          },
        },
        log: { debug: () => undefined },
      }),
  };
}

test("each change is told once, until the end", async () => {
  const { start, writes, change } = told();
  const stop = start();
  await expect.poll(() => writes.length, soon).toBe(1);
  change({ priorityLevels: [] });
  await expect.poll(() => writes.length, soon).toBe(2);
  expect(writes.at(-1)).toEqual([{ ...missing, lastTransitionTime: at }]);
  stop();
  change({ priorityLevels: [level] });
  expect(writes.length).toBe(2);
});

test("what was refused is tried again", async () => {
  const { start, writes, refuse, retry } = told();
  refuse(1);
  const stop = start();
  await expect.poll(() => (retry(), writes.length), soon).toBe(1);
  stop();
});
