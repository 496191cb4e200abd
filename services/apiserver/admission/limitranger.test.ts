import { expect, test } from "vitest";
import type { StatusError } from "#libs/api/errors.ts";
import type { KubeObject, ResourceDefinition } from "#libs/api/resource.ts";
import type { LimitRangeItem, Pod, ResourceRequirements } from "#proto/gen/k8s/core/v1.ts";
import { limitRanger } from "./limitranger.ts";
import type { AdmissionReader, AdmissionRequest } from "./plugin.ts";

/** What becomes of a pod with one container, or of a claim; a text when it is refused. */
async function admitted(items: LimitRangeItem[], draft: object, plural = "pods") {
  const range = { metadata: { name: "l" }, spec: { limits: items } };
  const reader = { list: () => [range] } as unknown as AdmissionReader;
  const definition = { group: "", plural } as unknown as ResourceDefinition;
  const request = {
    operation: "create",
    place: { definition, namespace: "n", name: "x", subresource: "" },
    draft: draft as KubeObject,
  } as unknown as AdmissionRequest;
  try {
    await limitRanger.mutate?.(request, reader);
    await limitRanger.validate?.(request, reader);
    return "admitted";
  } catch (error) {
    return (error as StatusError).message.replace(/^.*is forbidden: /, "");
  }
}

const pod = (...resources: ResourceRequirements[]): Pod => ({
  metadata: { name: "x" },
  spec: { containers: resources.map((one, index) => ({ name: `c${index}`, resources: one })) },
});
const limits = (cpu: string) => ({ limits: { cpu } });
const perContainer = (item: LimitRangeItem): LimitRangeItem[] => [{ type: "Container", ...item }];
const perPod = (item: LimitRangeItem): LimitRangeItem[] => [{ type: "Pod", ...item }];

test.each<[string, LimitRangeItem[], Pod, string]>([
  ["nothing", [], pod({}), "admitted"],
  ["what is inside", perContainer({ max: { cpu: "2" } }), pod(limits("1500m")), "admitted"],
  [
    "too much",
    perContainer({ max: { cpu: "1" } }),
    pod(limits("1001m")),
    "maximum cpu usage per Container is 1, but limit is 1001m",
  ],
  [
    "no limit",
    perContainer({ max: { memory: "1Gi" } }),
    pod({}),
    "maximum memory usage per Container is 1Gi.  No limit is specified",
  ],
  [
    "too little",
    perContainer({ min: { cpu: "100m" } }),
    pod({ requests: { cpu: "50m" } }),
    "minimum cpu usage per Container is 100m, but request is 50m",
  ],
  [
    "too much between",
    perContainer({ maxLimitRequestRatio: { cpu: "2" } }),
    pod({ requests: { cpu: "100m" }, limits: { cpu: "1" } }),
    "cpu max limit to request ratio per Container is 2, but provided ratio is 10.000000",
  ],
  [
    "too much together",
    perPod({ max: { cpu: "1" } }),
    pod(limits("600m"), limits("500m")),
    "maximum cpu usage per Pod is 1, but limit is 1100m",
  ],
  [
    "one that says nothing",
    perPod({ max: { cpu: "1" } }),
    pod(limits("100m"), {}),
    "maximum cpu usage per Pod is 1.  No limit is specified",
  ],
])("%s", async (_, items, draft, wanted) => {
  expect(await admitted(items, draft)).toBe(wanted);
});

test("defaults are filled in, and told", async () => {
  const draft = pod({ requests: { cpu: "200m" } });
  const items = perContainer({
    default: { cpu: "500m", memory: "64Mi" },
    defaultRequest: { cpu: "100m", memory: "64Mi" },
  });
  expect(await admitted(items, draft)).toBe("admitted");
  expect(draft.spec?.containers?.[0]?.resources).toEqual({
    requests: { cpu: "200m", memory: "64Mi" },
    limits: { cpu: "500m", memory: "64Mi" },
  });
  expect(draft.metadata?.annotations).toEqual({
    "kubernetes.io/limit-ranger":
      "LimitRanger plugin set: memory request for container c0; cpu, memory limit for container c0",
  });
});

test("a claim is held to the limits of claims", async () => {
  const claim = { metadata: { name: "x" }, spec: { resources: { requests: { storage: "5Gi" } } } };
  const items = [{ type: "PersistentVolumeClaim", max: { storage: "3Gi" } }];
  expect(await admitted(items, claim, "persistentvolumeclaims")).toBe(
    "maximum storage usage per PersistentVolumeClaim is 3Gi, but request is 5Gi",
  );
});
