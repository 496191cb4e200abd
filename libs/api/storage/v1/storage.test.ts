import { expect, test } from "vitest";
import type { KubeObject, ResourceDefinition } from "../../resource.ts";
import { fieldErrorText } from "../../errors.ts";
import { csidrivers } from "./csidrivers.ts";
import { csinodes } from "./csinodes.ts";
import { csistoragecapacities } from "./csistoragecapacities.ts";
import { storageclasses } from "./storageclasses.ts";
import { volumeattachments } from "./volumeattachments.ts";
import { volumeattributesclasses } from "./volumeattributesclasses.ts";

const facts = { now: 0, verb: "create", subresource: "", user: "u", uuid: () => "1" } as const;

type Fields = Record<string, unknown>;

const metadata = { name: "x" };

function defaulted<T extends KubeObject>(definition: ResourceDefinition<T>, fields: Fields): T {
  const draft = structuredClone({ metadata, ...fields }) as unknown as T;
  definition.defaults?.(draft);
  return draft;
}

function created<T extends KubeObject>(definition: ResourceDefinition<T>, fields: Fields) {
  return definition.validate(defaulted(definition, fields), facts).map(fieldErrorText);
}

function updated<T extends KubeObject>(
  definition: ResourceDefinition<T>,
  before: Fields,
  after: Fields,
) {
  const [old, draft] = [defaulted(definition, before), defaulted(definition, after)];
  return (definition.validateUpdate?.(draft, old, facts) ?? []).map(fieldErrorText);
}

const long = (characters: number) => "a".repeat(characters);
const subdomain = expect.stringContaining("a lowercase RFC 1123 subdomain must consist of");

test.each<[string, Fields, unknown[]]>([
  ["no provisioner", {}, ["provisioner: Required value"]],
  ["capital letters", { provisioner: "Example.com/X" }, []],
  [
    "a parameter without a name",
    { provisioner: "x", parameters: { "": "y" } },
    ['parameters: Invalid value: "": field can not be empty.'],
  ],
  [
    "too many parameters",
    {
      provisioner: "x",
      parameters: Object.fromEntries(Array.from({ length: 513 }, (_, i) => [i, ""])),
    },
    ["parameters: Too long: may not be more than 512 bytes"],
  ],
  [
    "parameters that are too long",
    { provisioner: "x", parameters: { a: long(256 * 1024) } },
    ["parameters: Too long: may not be more than 262144 bytes"],
  ],
  [
    "other words",
    { provisioner: "x", reclaimPolicy: "Recycle", volumeBindingMode: "Late" },
    [
      'reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"',
      'volumeBindingMode: Unsupported value: "Late": ' +
        'supported values: "Immediate", "WaitForFirstConsumer"',
    ],
  ],
  [
    "the same topology twice, in another order",
    {
      provisioner: "x",
      allowedTopologies: [
        { matchLabelExpressions: [{ key: "a", values: ["1", "2"] }] },
        { matchLabelExpressions: [{ key: "a", values: ["2", "1"] }] },
      ],
    },
    ['allowedTopologies[1].matchLabelExpressions: Duplicate value: ""'],
  ],
])("a storage class with %s", (_, fields, expected) => {
  expect(created(storageclasses, fields)).toEqual(expected);
});

test("what of a storage class does not change", () => {
  const before = { provisioner: "x" };
  const after = { provisioner: "y", parameters: { a: "b" }, allowVolumeExpansion: true };
  expect(updated(storageclasses, before, after)).toEqual([
    'parameters: Invalid value: {"a":"b"}: field is immutable',
    'provisioner: Invalid value: "y": field is immutable',
  ]);
});

test("the default class is marked, and labels of nodes that were renamed are warned of", () => {
  const annotations = { "storageclass.kubernetes.io/is-default-class": "true" };
  const key = "failure-domain.beta.kubernetes.io/zone";
  const allowedTopologies = [{ matchLabelExpressions: [{ key, values: ["a"] }] }];
  const storageClass = { metadata: { ...metadata, annotations }, allowedTopologies };
  expect(storageclasses.printColumns[0]?.cell(storageClass, 0)).toBe("x (default)");
  expect(storageclasses.warnings?.(storageClass, undefined)).toEqual([
    "allowedTopologies[0].matchLabelExpressions[0].key: " +
      'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  ]);
});

test.each<[string, Fields, string[]]>([
  [
    "another group policy",
    { fsGroupPolicy: "Some" },
    [
      'spec.fsGroupPolicy: Unsupported value: "Some": ' +
        'supported values: "File", "None", "ReadWriteOnceWithFSType"',
    ],
  ],
  [
    "another life",
    { volumeLifecycleModes: ["Short"] },
    [
      'spec.volumeLifecycleModes: Unsupported value: "Short": ' +
        'supported values: "Persistent", "Ephemeral"',
    ],
  ],
  [
    "tokens of the same audience",
    { tokenRequests: [{ audience: "a" }, { audience: "a" }] },
    ['spec.tokenRequests[1].audience: Duplicate value: "a"'],
  ],
  [
    "short tokens",
    { tokenRequests: [{ audience: "a", expirationSeconds: 599 }] },
    [
      "spec.tokenRequests[0].expirationSeconds: Invalid value: 599: " +
        "may not specify a duration less than 10 minutes",
    ],
  ],
  [
    "endless tokens",
    { tokenRequests: [{ audience: "a", expirationSeconds: 2 ** 32 + 1 }] },
    [
      "spec.tokenRequests[0].expirationSeconds: Invalid value: 4294967297: " +
        "may not specify a duration larger than 2^32 seconds",
    ],
  ],
  [
    "haste",
    { nodeAllocatableUpdatePeriodSeconds: 9 },
    [
      "spec.nodeAllocatableUpdatePeriodSeconds: Invalid value: 9: " +
        "must be greater than or equal to 10 seconds",
    ],
  ],
  [
    "no tokens to hide",
    { serviceAccountTokenInSecrets: true },
    [
      "spec.serviceAccountTokenInSecrets: Invalid value: true: " +
        "serviceAccountTokenInSecrets is set but no tokenRequests are specified",
    ],
  ],
])("a driver with %s", (_, spec, expected) => {
  expect(created(csidrivers, { spec })).toEqual(expected);
});

test("a driver's generation counts from its first change, and tokens are warned of", () => {
  const old = defaulted(csidrivers, { spec: {} });
  const draft = defaulted(csidrivers, { spec: { tokenRequests: [{ audience: "a" }] } });
  csidrivers.prepareForUpdate?.(draft, old, facts);
  expect(draft.metadata?.generation).toBe(1);
  expect(csidrivers.warnings?.(draft, old)).toHaveLength(1);
  expect(csidrivers.warnings?.(draft, draft)).toEqual([]);
});

test.each<[string, Fields[], unknown[]]>([
  [
    "nothing said",
    [{}],
    ["spec.drivers[0].name: Required value", "spec.drivers[0].nodeID: Required value"],
  ],
  [
    "a long id",
    [{ name: "a", nodeID: long(193) }],
    [expect.stringContaining("must be 192 characters or less")],
  ],
  [
    "a negative count",
    [{ name: "a", nodeID: "n", allocatable: { count: -1 } }],
    [
      "spec.drivers[0].allocatable.count: Invalid value: -1: " +
        "must be greater than or equal to 0",
    ],
  ],
  [
    "names and keys twice",
    [
      { name: "a", nodeID: "n", topologyKeys: ["k", "k"] },
      { name: "a", nodeID: "n" },
    ],
    ['spec.drivers[0]: Duplicate value: "k"', 'spec.drivers[1].name: Duplicate value: "a"'],
  ],
])("a node's drivers with %s", (_, drivers, expected) => {
  expect(created(csinodes, { spec: { drivers } })).toEqual(expected);
});

test("how many volumes a node takes may change, nothing else of a driver", () => {
  const driver = (nodeID: string, count: number) => ({
    spec: { drivers: [{ name: "a", nodeID, allocatable: { count } }] },
  });
  expect(updated(csinodes, driver("n", 1), driver("n", 2))).toEqual([]);
  expect(updated(csinodes, driver("n", 1), driver("m", 1))).toEqual([
    'spec.drivers: Invalid value: {"Name":"a","NodeID":"m","TopologyKeys":null,' +
      '"Allocatable":null}: field is immutable',
  ]);
});

test.each<[string, Fields, unknown[]]>([
  ["no class", {}, [subdomain]],
  [
    "less than nothing",
    { storageClassName: "a", capacity: "-1" },
    ['capacity: Invalid value: "-1": must be greater than or equal to 0'],
  ],
  ["all in order", { storageClassName: "a", capacity: "1Gi", maximumVolumeSize: "-1" }, []],
])("a capacity with %s", (_, fields, expected) => {
  expect(created(csistoragecapacities, fields)).toEqual(expected);
});

const attachment = { attacher: "a", nodeName: "n", source: { persistentVolumeName: "v" } };
const inline = (inlineVolumeSpec: Fields) => ({ ...attachment, source: { inlineVolumeSpec } });
const csi = { accessModes: ["ReadWriteOnce"], csi: { driver: "d", volumeHandle: "h" } };
const inlinePath = "spec.source.inlineVolumeSpec";

test.each<[string, Fields, unknown[]]>([
  ["all in order", attachment, []],
  [
    "a long driver's name",
    { ...attachment, attacher: long(64) },
    ["spec.attacher: Too long: may not be more than 63 bytes"],
  ],
  ["an inline volume", inline(csi), []],
  [
    "an inline volume that says too much",
    inline({
      ...csi,
      claimRef: {},
      capacity: { storage: "1" },
      persistentVolumeReclaimPolicy: "Delete",
      nodeAffinity: {},
      storageClassName: "c",
      volumeMode: "Block",
    }),
    [
      `${inlinePath}.claimRef: Forbidden: may not be specified in the context of inline volumes`,
      `${inlinePath}.capacity: Forbidden: may not be specified in the context of inline volumes`,
      `${inlinePath}.persistentVolumeReclaimPolicy: Forbidden: ` +
        "may only be Retain in the context of inline volumes",
      `${inlinePath}.nodeAffinity: Forbidden: ` +
        "may not be specified in the context of inline volumes",
      `${inlinePath}.storageClassName: Forbidden: ` +
        "may not be specified in the context of inline volumes",
      `${inlinePath}.volumeMode: Forbidden: ` +
        "may not specify volumeMode other than Filesystem in the context of inline volumes",
    ],
  ],
])("an attachment with %s", (_, spec, expected) => {
  expect(created(volumeattachments, { spec })).toEqual(expected);
});

test("an attachment's status is checked, and its spec stays", () => {
  const status = {
    attachmentMetadata: { a: long(256 * 1024) },
    attachError: { message: long(1025) },
    detachError: { errorCode: -1 },
  };
  const before = { spec: attachment };
  const after = { spec: { ...attachment, nodeName: "m" }, status };
  expect(updated(volumeattachments, before, after)).toEqual([
    "status.attachmentMetadata: Too long: may not be more than 262144 bytes",
    "status.attachError.message: Too long: may not be more than 262144 bytes",
    "status.detachError.errorCode: Invalid value: -1: must be between 0 and 2147483647, inclusive",
    expect.stringMatching(/^spec: Invalid value: \{"Attacher":"a",.*: field is immutable$/),
  ]);
});

test("a class of attributes says something, and never something else", () => {
  expect(created(volumeattributesclasses, { driverName: "d" })).toEqual([
    "parameters: Required value: must contain at least one key/value pair",
  ]);
  const before = { driverName: "d", parameters: { a: "b" } };
  const after = { driverName: "e", parameters: { a: "c" } };
  expect(updated(volumeattributesclasses, before, after)).toEqual([
    "driverName: Forbidden: updates to driverName are forbidden.",
    "parameters: Forbidden: updates to parameters are forbidden.",
  ]);
});
