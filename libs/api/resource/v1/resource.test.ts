import { expect, test } from "vitest";
import type {
  Device,
  DeviceClassSpec,
  DeviceRequest,
  ResourceClaim,
  ResourceClaimStatus,
  ResourceSliceSpec,
} from "#proto/gen/k8s/resource/v1.ts";
import { fieldErrorText } from "../../errors.ts";
import { deviceclasses } from "./deviceclasses.ts";
import { resourceclaims } from "./resourceclaims.ts";
import { resourceclaimtemplates } from "./resourceclaimtemplates.ts";
import { resourceslices } from "./resourceslices.ts";

const facts = { now: 0, verb: "create", subresource: "", user: "u", uuid: () => "1" } as const;
const long = (characters: number) => "a".repeat(characters);

test.each<[string, DeviceClassSpec, string[]]>([
  ["an extended name", { extendedResourceName: "example.com/gpu" }, []],
  [
    "a long expression",
    { selectors: [{ cel: { expression: long(10 * 1024 + 1) } }] },
    ["spec.selectors[0].cel.expression: Too long: may not be more than 10240 bytes"],
  ],
  [
    "long parameters",
    { config: [{ opaque: { driver: "d", parameters: { a: long(10 * 1024) } } }] },
    ["spec.config[0].opaque.parameters: Too long: may not be more than 10240 bytes"],
  ],
])("a class with %s", (_, spec, expected) => {
  expect(deviceclasses.validate({ spec }, facts).map(fieldErrorText)).toEqual(expected);
});

test("long parameters that are there stay", () => {
  const spec = { config: [{ opaque: { driver: "d", parameters: { a: long(10 * 1024) } } }] };
  expect(deviceclasses.validateUpdate?.({ spec }, { spec }, facts)).toEqual([]);
});

function claimOf(...requests: DeviceRequest[]): ResourceClaim {
  const claim: ResourceClaim = { metadata: { name: "c" }, spec: { devices: { requests } } };
  resourceclaims.defaults?.(claim);
  return claim;
}

const exactly = { deviceClassName: "c" };
const at = "spec.devices.requests[0]";

test.each<[string, DeviceRequest, string[]]>([
  ["all in order", { name: "r", exactly }, []],
  ["no name", { exactly }, [expect.stringContaining(`${at}.name: Invalid value: ""`)]],
  [
    "an admin's access",
    { name: "r", exactly: { ...exactly, adminAccess: true } },
    [
      `${at}.adminAccess: Forbidden: admin access to devices requires the ` +
        "`resource.kubernetes.io/admin-access: true` label on the containing namespace",
    ],
  ],
  [
    "a toleration with another operator",
    { name: "r", exactly: { ...exactly, tolerations: [{ key: "k", operator: "Some" }] } },
    [
      `${at}.exactly.tolerations[0].operator: Unsupported value: "Some": ` +
        'supported values: "Equal", "Exists"',
    ],
  ],
])("a request with %s", (_, request, expected) => {
  const errors = resourceclaims.validate(claimOf(request), facts);
  expect(errors.map(fieldErrorText)).toEqual(expected);
});

test("a toleration that says no operator compares", () => {
  const claim = claimOf({ name: "r", exactly: { ...exactly, tolerations: [{ key: "k" }] } });
  const [request] = claim.spec?.devices?.requests ?? [];
  expect(request?.exactly?.tolerations).toEqual([{ key: "k", operator: "Equal" }]);
});

test("namespaces can let administrators in", () => {
  const claim = claimOf({ name: "r", exactly: { ...exactly, adminAccess: true } });
  const namespaceLabels = () => ({ "resource.kubernetes.io/admin-access": "true" });
  expect(resourceclaims.validate(claim, { ...facts, namespaceLabels })).toEqual([]);
});

const result = { request: "r", driver: "d", pool: "p", device: "x" };
const results = (...all: object[]) => ({ allocation: { devices: { results: all } } });
const conditions = { bindingConditions: ["a"], bindingFailureConditions: ["a"] };
const resultAt = "status.allocation.devices.results[0]";

test.each<[string, ResourceClaimStatus, ResourceClaimStatus, unknown[]]>([
  ["an allocation", {}, results(result), []],
  ["no allocation any more", results(result), {}, []],
  [
    "another allocation",
    results(result),
    results({ ...result, device: "y" }),
    [expect.stringMatching(/^status\.allocation: Invalid value: .*: field is immutable$/)],
  ],
  [
    "a request that nobody made",
    {},
    results({ ...result, request: "q" }),
    [expect.stringMatching(/request: Invalid value: "q": must be the name of a request/)],
  ],
  [
    "a share with another id",
    {},
    results({ ...result, shareID: "x" }),
    [`${resultAt}.shareID: Invalid value: "x": error validating uid: invalid UUID length: 1`],
  ],
  [
    "conditions that are good and bad",
    {},
    results({ ...result, ...conditions }),
    [
      `${resultAt}.bindingFailureConditions[0]: Invalid value: "a": ` +
        "bindingFailureConditions must not overlap with bindingConditions",
    ],
  ],
  [
    "users of nothing",
    {},
    { reservedFor: [{ resource: "pods", name: "p", uid: "1" }] },
    ["status.reservedFor: Forbidden: may not be specified when `allocated` is not set"],
  ],
  [
    "a device that the claim has not",
    {},
    { ...results(result), devices: [{ driver: "d", pool: "p", device: "y" }] },
    [
      'status.devices[0]: Invalid value: {"Driver":{},"Pool":{},"Device":{},"ShareID":{}}: ' +
        "must be an allocated device in the claim",
    ],
  ],
  [
    "an address that is none",
    {},
    {
      ...results(result),
      devices: [{ driver: "d", pool: "p", device: "x", networkData: { ips: ["10.0.0.01/24"] } }],
    },
    [
      'status.devices[0].networkData.ips[0]: Invalid value: "10.0.0.01/24": ' +
        'must be in canonical form ("10.0.0.1/24")',
    ],
  ],
])("a status with %s", (_, before, after, expected) => {
  const part = resourceclaims.subresources[0];
  if (part?.type !== "part") throw new Error("no status");
  const claim = claimOf({ name: "r", exactly });
  const draft = { ...claim, status: after };
  const errors = part.validateUpdate?.(draft, { ...claim, status: before }, facts) ?? [];
  expect(errors.map(fieldErrorText)).toEqual(expected);
});

test("what is said of a device goes with it", () => {
  const part = resourceclaims.subresources[0];
  if (part?.type !== "part") throw new Error("no status");
  const old = {
    status: { ...results(result), devices: [{ driver: "d", pool: "p", device: "x" }] },
  };
  expect(part.merge({ status: { devices: old.status.devices } }, old, facts).status).toEqual({});
});

test.each<[ResourceClaim, string]>([
  [{}, "pending"],
  [{ status: results(result) }, "allocated"],
  [{ status: { ...results(result), reservedFor: [{ name: "p" }] } }, "allocated,reserved"],
  [{ metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } }, "deleted"],
])("%j is %s", (claim, expected) => {
  expect(resourceclaims.printColumns[1]?.cell(claim, 0)).toBe(expected);
});

test("a template has labels and annotations alone", () => {
  const spec = { metadata: { name: "n" }, spec: { devices: {} } };
  const errors = resourceclaimtemplates.validate({ spec }, facts);
  expect(errors.map(fieldErrorText)).toEqual(["spec.metadata.name: Forbidden: cannot be set"]);
});

function sliceErrors(fields: ResourceSliceSpec, old?: ResourceSliceSpec): string[] {
  const pool = { name: "p", generation: 1, resourceSliceCount: 1 };
  const spec = { driver: "d", pool, nodeName: "n", ...fields };
  const errors =
    old === undefined
      ? resourceslices.validate({ spec }, facts)
      : (resourceslices.validateUpdate?.({ spec }, { spec: { ...spec, ...old } }, facts) ?? []);
  return errors.map(fieldErrorText);
}

test.each<[string, ResourceSliceSpec, unknown[]]>([
  [
    "a pool of nothing",
    { pool: { name: "a//b", generation: -1 } },
    [
      expect.stringContaining('spec.pool.name: Invalid value: ""'),
      "spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero",
      "spec.pool.generation: Invalid value: -1: must be greater than or equal to zero",
    ],
  ],
  [
    "false flags",
    { allNodes: false, perDeviceNodeSelection: false },
    [
      "spec.allNodes: Invalid value: false: must be either unset or set to true",
      "spec.perDeviceNodeSelection: Invalid value: false: must be either unset or set to true",
    ],
  ],
  [
    "counters beside devices",
    { devices: [{ name: "a" }], sharedCounters: [{ name: "c", counters: { m: { value: "1" } } }] },
    ['spec: Invalid value: "": only one of `sharedCounters` or `devices` is allowed'],
  ],
  [
    "counters of nothing",
    { sharedCounters: [{}] },
    [
      "spec.sharedCounters[0].name: Required value",
      "spec.sharedCounters[0].counters: Required value",
    ],
  ],
])("a slice with %s", (_, fields, expected) => {
  expect(sliceErrors(fields)).toEqual(expected);
});

const policy = (requestPolicy: object): Device => ({
  allowMultipleAllocations: true,
  capacity: { m: { value: "10", requestPolicy } },
});
const policyAt = "spec.devices[0].capacity[m].requestPolicy";

test.each<[string, Device, unknown[]]>([
  [
    "a policy that is not for it",
    { capacity: { m: { value: "1", requestPolicy: {} } } },
    [`${policyAt}: Forbidden: allowMultipleAllocations must be true`],
  ],
  [
    "values without a usual one",
    policy({ validValues: ["1"] }),
    [`${policyAt}.default: Required value: required when validValues is defined`],
  ],
  [
    "values in disorder",
    policy({ default: "3", validValues: ["2", "1", "11"] }),
    [
      `${policyAt}.validValues[1]: Invalid value: "1": values must be sorted in ascending order`,
      `${policyAt}.validValues[2]: Invalid value: "11": ` +
        "option is larger than capacity value: 10",
      `${policyAt}.validValues: Invalid value: "3": ` +
        "default value is not valid according to the requestPolicy",
    ],
  ],
  [
    "a range that does not fit",
    policy({ default: "1", validRange: { min: "2", max: "20", step: "9" } }),
    [
      `${policyAt}.validRange.min: Invalid value: "1": default is less than min: 2`,
      `${policyAt}.validRange.max: Invalid value: "20": max is larger than capacity value: 10`,
      `${policyAt}.validRange.step: Invalid value: "9": ` +
        "one step 11 is larger than capacity value: 10",
      `${policyAt}.validRange.step: Invalid value: "1": ` +
        "value is not a multiple of a given step (9) from (2)",
    ],
  ],
  [
    "a place of its own",
    { nodeName: "n" },
    [
      "spec.devices[0]: Invalid value: null: `nodeName`, `nodeSelector` and `allNodes` can only " +
        "be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec",
    ],
  ],
  [
    "too much to say",
    { attributes: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`a${i}`, { int: 1 }])) },
    [
      "spec.devices[0]: Invalid value: 33: " +
        "the total number of attributes and capacities must not exceed 32",
    ],
  ],
  [
    "a name without a domain",
    { attributes: { "/a": { int: 1 } } },
    ['spec.devices[0].attributes: Invalid value: "": the domain must not be empty'],
  ],
])("a device with %s", (_, device, expected) => {
  expect(sliceErrors({ devices: [{ name: "a", ...device }] })).toEqual(expected);
});

test("a slice stays where it is", () => {
  expect(sliceErrors({}, { nodeName: "m" })).toEqual([
    'spec.nodeName: Invalid value: "n": field is immutable',
  ]);
});

test("what is off is dropped, and taints get their time", () => {
  const attributes = { a: { ints: [1], int: 1 } };
  const devices: Device[] = [{ name: "a", attributes, taints: [{ key: "k" }] }];
  const draft = { spec: { devices } };
  resourceslices.prepareForCreate?.(draft, facts);
  expect(draft.spec.devices[0]?.attributes).toEqual({ a: { int: 1 } });
  expect(draft.spec.devices[0]?.taints?.[0]?.timeAdded).toBe("1970-01-01T00:00:00Z");
  expect(resourceslices.warnings?.({ spec: { driver: "D" } }, undefined)).toHaveLength(1);
});
