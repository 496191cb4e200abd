/** What holds for every apply, on all pairs of a few configurations. */
import { expect, test } from "vitest";
import { readObject, schemaOf } from "#libs/schema/index.ts";
import type { PodTemplate } from "#proto/gen/k8s/core/v1.ts";
import type { KubeObject } from "../resource.ts";
import { apply } from "./apply.ts";
import { trackUpdate } from "./update.ts";

const schema = schemaOf("k8s.core.v1.PodTemplate");
const identity = { apiVersion: "v1", kind: "PodTemplate" };

const containers = [
  [{ name: "a", image: "1" }],
  [
    { name: "b", image: "2", env: [{ name: "E", value: "1" }], args: ["x"] },
    { name: "a", image: "1" },
  ],
  [{ name: "a", image: "2", ports: [{ containerPort: 80 }, { containerPort: 81 }] }],
];
const metadatas = [{ name: "p" }, { name: "p", labels: { l: "1" }, finalizers: ["e.com/f"] }];
const specs = [{}, { nodeSelector: { k: "v" }, tolerations: [{ key: "t" }] }];

const configs = metadatas.flatMap((metadata) =>
  specs.flatMap((spec) =>
    containers.map((items) => ({
      ...identity,
      metadata,
      template: { spec: { ...spec, containers: items } },
    })),
  ),
);
const pairs = configs.flatMap((left) => configs.map((right) => [left, right] as const));

type Config = (typeof configs)[number];

function applyTo(
  live: KubeObject | undefined,
  applied: Config,
  manager: string,
  options: { readonly force?: boolean } = {},
): KubeObject {
  const { object, managedFields } = apply({
    ...{ schema, live, applied, manager, subresource: "" },
    ...identity,
    force: options.force ?? false,
    time: "2026-01-01T00:00:00Z",
  });
  const read: KubeObject = readObject(schema, object).object;
  return { ...read, metadata: { ...read.metadata, ...(managedFields ? { managedFields } : {}) } };
}

/** Lists in the order of their text, and without times: they are no other state. */
function unordered(value: unknown): unknown {
  if (Array.isArray(value)) {
    const texts = value.map((item) => JSON.stringify(unordered(item)));
    return texts.sort();
  }
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => key !== "time");
  return Object.fromEntries(entries.map(([key, item]) => [key, unordered(item)]));
}

test("the only applier gets what it applies, whatever it applied before", () => {
  for (const [before, after] of pairs) {
    const changed = applyTo(applyTo(undefined, before, "m"), after, "m");
    expect(unordered(changed)).toEqual(unordered(applyTo(undefined, after, "m")));
  }
});

test("applying twice is applying once", () => {
  for (const [left, right] of pairs) {
    const once = applyTo(applyTo(undefined, left, "m"), right, "n", { force: true });
    expect(applyTo(once, right, "n")).toEqual(once);
  }
});

test("a forced apply leaves what was applied, and nothing to conflict with", () => {
  for (const [left, right] of pairs) {
    const forced = applyTo(applyTo(undefined, left, "m"), right, "n", { force: true });
    const again = applyTo(forced, right, "other") as PodTemplate;
    expect(again.template).toEqual((forced as PodTemplate).template);
  }
});

test("without a conflict, two appliers get to the same object in either order", () => {
  let compared = 0;
  for (const [left, right] of pairs) {
    const both = tried(() => applyTo(applyTo(undefined, left, "m"), right, "n"));
    if (both === undefined) continue;
    const other = applyTo(applyTo(undefined, right, "n"), left, "m");
    expect(unordered(other)).toEqual(unordered(both));
    compared++;
  }
  expect(compared).toBeGreaterThan(configs.length);
});

test("an update by its own result is no update", () => {
  for (const config of configs) {
    const live = applyTo(undefined, config, "m");
    const input = { schema, live, updated: structuredClone(live), manager: "u" };
    const time = "2026-01-02T00:00:00Z";
    const entries = trackUpdate({ ...input, apiVersion: "v1", subresource: "", time });
    expect(entries).toEqual(live.metadata?.managedFields);
  }
});

function tried<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
