import { expect, test } from "vitest";
import type { StatusError } from "#libs/api/errors.ts";
import type { Pod, PodSpec } from "#proto/gen/k8s/core/v1.ts";
import type { RuntimeClass } from "#proto/gen/k8s/node/v1.ts";
import type { AdmissionReader, AdmissionRequest } from "./plugin.ts";
import { runtimeClass } from "./runtimeclass.ts";

/** What the pod's specification becomes, or why it is refused. */
async function admitted(spec: PodSpec, found: RuntimeClass | undefined, isCached = true) {
  const reader = {
    cached: () => (isCached ? found : undefined),
    live: () => Promise.resolve(found),
  } as unknown as AdmissionReader;
  const draft: Pod = { metadata: { name: "x" }, spec: { ...spec } };
  const definition = { group: "", plural: "pods" };
  const place = { definition, namespace: "n", name: "x", subresource: "" };
  const request = { operation: "create", place, draft } as unknown as AdmissionRequest;
  try {
    await runtimeClass.mutate?.(request, reader);
    return draft.spec;
  } catch (error) {
    return (error as StatusError).message.replace(/^.*is forbidden: /, "");
  }
}

const named = { runtimeClassName: "fast" };
const exists = { key: "k", operator: "Exists" };
const overhead = { overhead: { podFixed: { cpu: "10m" } } };
const scheduling = { scheduling: { nodeSelector: { a: "b" }, tolerations: [exists] } };
const without =
  "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead";

test.each<[string, PodSpec, RuntimeClass | undefined, PodSpec | string]>([
  ["no class", {}, undefined, {}],
  ["a class that is not there", named, undefined, 'pod rejected: RuntimeClass "fast" not found'],
  ["a class that asks for nothing", named, {}, named],
  ["overhead of the class", named, overhead, { ...named, overhead: { cpu: "10m" } }],
  [
    "the same overhead",
    { ...named, overhead: { cpu: "0.01" } },
    overhead,
    {
      ...named,
      overhead: { cpu: "10m" },
    },
  ],
  [
    "another overhead",
    { ...named, overhead: { cpu: "5m" } },
    overhead,
    "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
  ],
  ["overhead without a class", { overhead: { cpu: "5m" } }, undefined, without],
  ["overhead that the class has not", { ...named, overhead: { cpu: "5m" } }, {}, without],
  [
    "nodes and tolerations",
    named,
    scheduling,
    {
      ...named,
      nodeSelector: { a: "b" },
      tolerations: [exists],
    },
  ],
  [
    "other nodes",
    { ...named, nodeSelector: { a: "c" } },
    scheduling,
    "conflict: runtimeClass.scheduling.nodeSelector[a] = b; pod.spec.nodeSelector[a] = c",
  ],
  [
    "a narrower toleration of its own",
    { ...named, tolerations: [{ key: "k", operator: "Equal", value: "v" }] },
    scheduling,
    { ...named, nodeSelector: { a: "b" }, tolerations: [exists] },
  ],
  [
    "a toleration of another key",
    { ...named, tolerations: [{ key: "m", operator: "Exists" }] },
    scheduling,
    {
      ...named,
      nodeSelector: { a: "b" },
      tolerations: [{ key: "m", operator: "Exists" }, exists],
    },
  ],
])("%s", async (_name, spec, found, expected) => {
  expect(await admitted(spec, found)).toEqual(expected);
});

test("a class that was just made is found in the store", async () => {
  expect(await admitted(named, {}, false)).toEqual(named);
});
