import { expect, test } from "vitest";
import type {
  ControllerRevision,
  DaemonSet,
  DaemonSetStatus,
  StatefulSet,
  StatefulSetSpec,
  StatefulSetStatus,
} from "#proto/gen/k8s/apps/v1.ts";
import { fieldErrorText, type FieldError } from "../../errors.ts";
import type { KubeObject, ResourceDefinition } from "../../resource.ts";
import { controllerrevisions } from "./controllerrevisions.ts";
import { daemonsets } from "./daemonsets.ts";
import { statefulsets } from "./statefulsets.ts";

const facts = { now: 0, verb: "update", subresource: "", user: "u", uuid: () => "1" } as const;
const selector = { matchLabels: { a: "b" } };
const template = () => ({
  metadata: { labels: { a: "b" } },
  spec: { containers: [{ name: "c", image: "i" }] },
});

const texts = (errors: FieldError[] | undefined) => (errors ?? []).map(fieldErrorText);

function setOf(spec: StatefulSetSpec = {}): StatefulSet {
  const set: StatefulSet = {
    metadata: { name: "s", namespace: "n", generation: 1 },
    spec: { selector, template: template(), ...spec },
  };
  statefulsets.defaults?.(set);
  return set;
}

test("defaults of a stateful set", () => {
  expect(setOf({ volumeClaimTemplates: [{}] }).spec).toMatchObject({
    replicas: 1,
    podManagementPolicy: "OrderedReady",
    updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 0 } },
    revisionHistoryLimit: 10,
    persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
    volumeClaimTemplates: [
      {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        spec: { volumeMode: "Filesystem" },
        status: { phase: "Pending" },
      },
    ],
  });
});

const claim = {
  metadata: { name: "data" },
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
};
const mounting = {
  ...template(),
  spec: {
    containers: [{ name: "c", image: "i", volumeMounts: [{ name: "data", mountPath: "/d" }] }],
  },
};

test.each<[string, StatefulSetSpec, unknown[]]>([
  ["the defaults", {}, []],
  ["a mount of a claim", { template: mounting, volumeClaimTemplates: [claim] }, []],
  [
    "a mount of no claim",
    { template: mounting },
    ['spec.template.spec.containers[0].volumeMounts[0].name: Not found: "data"'],
  ],
  [
    "another management",
    { podManagementPolicy: "Some" },
    ["spec.podManagementPolicy: Invalid value: \"Some\": must be 'OrderedReady' or 'Parallel'"],
  ],
  [
    "a partition of none",
    { updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: -1 } } },
    [
      "spec.updateStrategy.rollingUpdate.partition: Invalid value: -1: " +
        "must be greater than or equal to 0",
    ],
  ],
  [
    "a partition of what does not roll",
    { updateStrategy: { type: "OnDelete", rollingUpdate: { partition: 1 } } },
    [expect.stringMatching(/only allowed for updateStrategy 'RollingUpdate'$/)],
  ],
  [
    "another strategy",
    { updateStrategy: { type: "Some" } },
    [
      expect.stringMatching(
        /^spec.updateStrategy: Invalid.*must be 'RollingUpdate' or 'OnDelete'$/,
      ),
    ],
  ],
  [
    "another retention",
    { persistentVolumeClaimRetentionPolicy: { whenDeleted: "Some" } },
    [
      'spec.persistentVolumeClaimRetentionPolicy.whenDeleted: Unsupported value: "Some": ' +
        'supported values: "Retain", "Delete"',
    ],
  ],
  [
    "counts below nothing",
    { replicas: -1, minReadySeconds: -2, ordinals: { start: -3 } },
    [
      "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
      "spec.minReadySeconds: Invalid value: -2: must be greater than or equal to 0",
      "spec.ordinals.start: Invalid value: -3: must be greater than or equal to 0",
    ],
  ],
  [
    "a service of no name",
    { serviceName: "S" },
    [expect.stringMatching(/^spec.serviceName: Invalid value: "S": a lowercase RFC 1123 label/)],
  ],
  [
    "a selector of all",
    { selector: {} },
    ["spec.selector: Invalid value: {}: empty selector is invalid for statefulset"],
  ],
  [
    "a selector of others",
    { selector: { matchLabels: { x: "y" } } },
    [
      'spec.template.metadata.labels: Invalid value: {"a":"b"}: ' +
        "`selector` does not match template `labels`",
    ],
  ],
  [
    "pods that end",
    { template: { ...template(), spec: { ...template().spec, restartPolicy: "Never" } } },
    ['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
  ],
  [
    "a claim for nothing",
    { volumeClaimTemplates: [{ metadata: { name: "data" } }] },
    [
      "spec.volumeClaimTemplates[0].spec.accessModes: Required value: " +
        "at least 1 access mode is required",
      "spec.volumeClaimTemplates[0].spec.resources[storage]: Required value",
    ],
  ],
])("a stateful set: %s", (_, spec, expected) => {
  expect(texts(statefulsets.validate(setOf(spec), facts))).toEqual(expected);
});

test("of a stateful set only what rolls may change", () => {
  const old = setOf({ replicas: 1 });
  const scaled = setOf({ replicas: 3, ordinals: { start: 1 }, minReadySeconds: 1 });
  expect(texts(statefulsets.validateUpdate?.(scaled, old, facts))).toEqual([]);
  const renamed = setOf({ serviceName: "other" });
  expect(texts(statefulsets.validateUpdate?.(renamed, old, facts))).toEqual([
    "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', " +
      "'template', 'updateStrategy', 'revisionHistoryLimit', " +
      "'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
  ]);
});

function statusErrors<T extends KubeObject>(
  definition: ResourceDefinition<T>,
  object: T,
  old: T,
): string[] {
  const part = definition.subresources.find(({ name }) => name === "status");
  if (part?.type !== "part") throw new Error("no status");
  return texts(part.validateUpdate?.(object, old, facts));
}

test.each<[string, StatefulSetStatus, StatefulSetStatus, string[]]>([
  ["counts that fit", { replicas: 2, readyReplicas: 2, availableReplicas: 1 }, {}, []],
  [
    "more than there are",
    { replicas: 1, currentReplicas: 2 },
    {},
    ["status.currentReplicas: Invalid value: 2: cannot be greater than status.replicas"],
  ],
  [
    "available before ready",
    { replicas: 1, availableReplicas: 1 },
    {},
    ["status.availableReplicas: Invalid value: 1: cannot be greater than status.readyReplicas"],
  ],
  [
    "fewer collisions",
    { collisionCount: 1 },
    { collisionCount: 2 },
    ["status.collisionCount: Invalid value: 1: cannot be decremented"],
  ],
])("status of a stateful set: %s", (_, status, before, expected) => {
  const reporting = (reported: StatefulSetStatus) => ({ ...setOf(), status: reported });
  expect(statusErrors(statefulsets, reporting(status), reporting(before))).toEqual(expected);
});

function daemonsOf(spec: DaemonSet["spec"] = {}, annotations = {}): DaemonSet {
  const set: DaemonSet = {
    metadata: { name: "d", namespace: "n", annotations },
    spec: { selector, template: template(), ...spec },
  };
  daemonsets.defaults?.(set);
  return set;
}

const at = "spec.updateStrategy.rollingUpdate";

test.each<[string, DaemonSet["spec"], unknown[]]>([
  ["the defaults", {}, []],
  ["surging", { updateStrategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: "10%" } } }, []],
  [
    "both ways",
    { updateStrategy: { rollingUpdate: { maxSurge: 1 } } },
    [`${at}.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero`],
  ],
  [
    "neither way",
    { updateStrategy: { rollingUpdate: { maxUnavailable: 0 } } },
    [`${at}.maxUnavailable: Required value: cannot be 0 when maxSurge is 0`],
  ],
  [
    "more than all",
    { updateStrategy: { rollingUpdate: { maxUnavailable: "101%" } } },
    [`${at}.maxUnavailable: Invalid value: "101%": must not be greater than 100%`],
  ],
  [
    "another strategy",
    { updateStrategy: { type: "Some" } },
    [expect.stringMatching(/^spec.updateStrategy: Unsupported.*"RollingUpdate", "OnDelete"$/)],
  ],
  [
    "a selector of all",
    { selector: {} },
    ["spec.selector: Invalid value: {}: empty selector is invalid for daemonset"],
  ],
  [
    "a selector of others",
    { selector: { matchLabels: { x: "y" } } },
    [
      'spec.template.metadata.labels: Invalid value: {"a":"b"}: ' +
        "`selector` does not match template `labels`",
    ],
  ],
  [
    "pods that end",
    {
      template: {
        ...template(),
        spec: { ...template().spec, restartPolicy: "Never", activeDeadlineSeconds: 5 },
      },
    },
    [
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
      "spec.template.spec.activeDeadlineSeconds: Forbidden: " +
        "activeDeadlineSeconds in DaemonSet is not Supported",
    ],
  ],
  [
    "counts below nothing",
    { minReadySeconds: -1, revisionHistoryLimit: -1 },
    [
      "spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0",
      "spec.revisionHistoryLimit: Invalid value: -1: must be greater than or equal to 0",
    ],
  ],
])("a daemon set: %s", (_, spec, expected) => {
  expect(texts(daemonsets.validate(daemonsOf(spec), facts))).toEqual(expected);
});

test("the selector of a daemon set stays", () => {
  const other = { matchLabels: { a: "c" } };
  const changed = daemonsOf({
    selector: other,
    template: { ...template(), metadata: { labels: { a: "c" } } },
  });
  expect(texts(daemonsets.validateUpdate?.(changed, daemonsOf(), facts))).toEqual([
    expect.stringMatching(/^spec.selector: Invalid value: .*: field is immutable$/),
  ]);
});

const generation = "deprecated.daemonset.template.generation";
const generationOf = ({ metadata }: DaemonSet) => metadata?.annotations?.[generation];

test("templates of daemon sets are counted", () => {
  const created = daemonsOf();
  daemonsets.prepareForCreate?.(created, facts);
  expect(generationOf(created)).toBe("1");
  const same = daemonsOf();
  daemonsets.prepareForUpdate?.(same, created, facts);
  expect(generationOf(same)).toBe("1");
  const changed = daemonsOf({ template: { ...template(), metadata: { labels: { a: "c" } } } });
  daemonsets.prepareForUpdate?.(changed, created, facts);
  expect(generationOf(changed)).toBe("2");
  expect(() => daemonsOf({}, { [generation]: "x" })).toThrow(/strconv.ParseInt: parsing "x"/);
});

test.each<[string, DaemonSetStatus, DaemonSetStatus, string[]]>([
  ["nothing", {}, {}, []],
  [
    "counts below nothing",
    { numberReady: -1 },
    {},
    ["status.numberReady: Invalid value: -1: must be greater than or equal to 0"],
  ],
  [
    "fewer collisions",
    {},
    { collisionCount: 1 },
    ["status.collisionCount: Invalid value: 0: cannot be decremented"],
  ],
])("status of a daemon set: %s", (_, status, before, expected) => {
  const reporting = (reported: DaemonSetStatus) => ({ ...daemonsOf(), status: reported });
  expect(statusErrors(daemonsets, reporting(status), reporting(before))).toEqual(expected);
});

test.each<[string, ControllerRevision, ControllerRevision | undefined, unknown[]]>([
  ["a version", { revision: 1, data: { a: 1 } }, undefined, []],
  ["nothing", { revision: 1 }, undefined, ["data: Required value: data is mandatory"]],
  [
    "before the first",
    { revision: -1, data: {} },
    undefined,
    ["revision: Invalid value: -1: must be greater than or equal to 0"],
  ],
  [
    "another content",
    { revision: 1, data: { a: 1 } },
    { revision: 1, data: { a: 2 } },
    [expect.stringMatching(/^data: Invalid value: .*: field is immutable$/)],
  ],
])("a revision: %s", (_, revision, old, expected) => {
  const errors =
    old === undefined
      ? controllerrevisions.validate(revision, facts)
      : controllerrevisions.validateUpdate?.(revision, old, facts);
  expect(texts(errors)).toEqual(expected);
});

const cellsOf = <T extends KubeObject>({ printColumns }: ResourceDefinition<T>, object: T) =>
  printColumns.map(({ cell }) => cell(object, 0));

test("rows", () => {
  const set = { ...setOf({ replicas: 3 }), status: { readyReplicas: 2 } };
  expect(cellsOf(statefulsets, set)).toEqual(["s", "2/3", "<unknown>", "c", "i"]);
  const status = { desiredNumberScheduled: 3, numberReady: 2 };
  const daemons = { ...daemonsOf(), status };
  expect(cellsOf(daemonsets, daemons)).toEqual([
    "d",
    3,
    0,
    2,
    0,
    0,
    "<none>",
    "<unknown>",
    "c",
    "i",
    "a=b",
  ]);
  const owner = {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    name: "s",
    uid: "1",
    controller: true,
  };
  const revision = { metadata: { name: "r", ownerReferences: [owner] }, revision: 2 };
  expect(cellsOf(controllerrevisions, revision)).toEqual([
    "r",
    "statefulset.apps/s",
    2,
    "<unknown>",
  ]);
});
