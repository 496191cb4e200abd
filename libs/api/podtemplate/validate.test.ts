/** Rules that the recorded answers do not touch. Field and detail of each error, in order. */
import { describe, expect, test } from "vitest";
import type { Container, PodSpec, Volume } from "#proto/gen/k8s/core/v1.ts";
import { fieldErrorText } from "../errors.ts";
import { validateAnnotationsOfPod, validateAnnotationsUpdate } from "./annotations.ts";
import { defaultPodSpec } from "./defaults.ts";
import { inTemplate, validatePodSpec, validatePodTemplate } from "./validate.ts";

function errorsOf(change: Partial<PodSpec>, name = ""): string[] {
  const spec: PodSpec = { containers: [{ name: "c", image: "i" }], ...structuredClone(change) };
  defaultPodSpec(spec);
  const place = name === "" ? inTemplate : ({ type: "pod", name } as const);
  return validatePodSpec(spec, "spec", place).map(fieldErrorText);
}

const inContainer = (change: Partial<Container>): Partial<PodSpec> => ({
  containers: [{ name: "c", image: "i", ...change }],
});

const required = (...fields: string[]) => fields.map((field) => `${field}: Required value`);

describe("volumes", () => {
  const v = "spec.volumes[0]";
  test.each<[string, Volume, string[]]>([
    ["hostPath", { hostPath: {} }, required(`${v}.hostPath.path`)],
    [
      "hostPath upwards",
      { hostPath: { path: "/a/../b", type: "Odd" } },
      [
        `${v}.hostPath.path: Invalid value: "/a/../b": must not contain '..'`,
        `${v}.hostPath.type: Unsupported value: "Odd": supported values: "", "BlockDevice", ` +
          '"CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"',
      ],
    ],
    ["gitRepo", { gitRepo: {} }, required(`${v}.gitRepo.repository`)],
    [
      "gcePersistentDisk",
      { gcePersistentDisk: { partition: 256 } },
      [
        `${v}.persistentDisk.pdName: Required value`,
        `${v}.persistentDisk.partition: Invalid value: 256: must be between 1 and 255, inclusive`,
      ],
    ],
    ["secret", { secret: {} }, required(`${v}.secret.secretName`)],
    ["configMap", { configMap: {} }, required(`${v}.configMap.name`)],
    [
      "nfs",
      { nfs: { server: "s", path: "x" } },
      [`${v}.nfs.path: Invalid value: "x": must be an absolute path`],
    ],
    [
      "iscsi",
      { iscsi: { targetPortal: "p", iqn: "odd", lun: 256 } },
      [
        `${v}.iscsi.iqn: Invalid value: "odd": ` +
          "must be valid format starting with iqn, eui, or naa",
        `${v}.iscsi.lun: Invalid value: 256: must be between 0 and 255, inclusive`,
      ],
    ],
    ["rbd", { rbd: {} }, required(`${v}.rbd.monitors`, `${v}.rbd.image`)],
    ["cephfs", { cephfs: {} }, required(`${v}.cephfs.monitors`)],
    ["glusterfs", { glusterfs: {} }, required(`${v}.glusterfs.endpoints`, `${v}.glusterfs.path`)],
    ["a claim", { persistentVolumeClaim: {} }, required(`${v}.persistentVolumeClaim.claimName`)],
    [
      "csi",
      { csi: { nodePublishSecretRef: {} } },
      required(`${v}.csi.driver`, `${v}.csi.nodePublishSecretRef.name`),
    ],
    [
      "flexVolume",
      { flexVolume: { driver: "d", options: { "kubernetes.io/x": "1", "a.com/x": "1" } } },
      [
        `${v}.flexVolume.options[kubernetes.io/x]: Invalid value: "kubernetes.io/x": ` +
          "kubernetes.io and k8s.io namespaces are reserved",
      ],
    ],
    [
      "azureDisk",
      { azureDisk: { diskName: "d", diskURI: "odd", kind: "Managed" } },
      [expect.stringMatching(/^spec\.volumes\[0\]\.azureDisk\.diskURI: Unsupported value: "odd"/)],
    ],
    [
      "an empty directory below nothing",
      { emptyDir: { sizeLimit: "-1" } },
      [`${v}.emptyDir.sizeLimit: Forbidden: SizeLimit field must be a valid resource quantity`],
    ],
    [
      "two at once",
      { emptyDir: {}, hostPath: { path: "/x" } },
      [`${v}.hostPath: Forbidden: may not specify more than 1 volume type`],
    ],
    ["an image that a template leaves open", { image: {} }, []],
  ])("%s", (_, volume, expected) => {
    expect(errorsOf({ volumes: [{ name: "v", ...volume }] })).toEqual(expected);
  });

  test("a pod must name the image of a volume", () => {
    const volumes = [{ name: "v", image: {} }];
    expect(errorsOf({ volumes }, "p")).toEqual(required(`${v}.image.reference`));
  });

  test("names are there, well formed and not taken", () => {
    const volumes = [{ emptyDir: {} }, { name: "a" }, { name: "a" }];
    expect(errorsOf({ volumes })).toEqual([
      `${v}.name: Required value`,
      'spec.volumes[2].name: Duplicate value: "a"',
    ]);
  });
});

describe("containers", () => {
  const c = "spec.containers[0]";
  test.each<[string, Partial<PodSpec>, string[]]>([
    [
      "resize policies",
      inContainer({
        resizePolicy: [
          { resourceName: "cpu", restartPolicy: "NotRequired" },
          { resourceName: "cpu", restartPolicy: "Odd" },
          { resourceName: "disk", restartPolicy: "NotRequired" },
        ],
      }),
      [
        `${c}.resizePolicy[1]: Duplicate value: "cpu"`,
        `${c}.resizePolicy: Unsupported value: "Odd": ` +
          'supported values: "NotRequired", "RestartContainer"',
        `${c}.resizePolicy: Unsupported value: "disk": supported values: "cpu", "memory"`,
      ],
    ],
    [
      "users, groups and mounts of /proc",
      inContainer({ securityContext: { runAsUser: -1, procMount: "Unmasked" } }),
      [
        `${c}.securityContext.runAsUser: Invalid value: -1: ` +
          "must be between 0 and 2147483647, inclusive",
        `${c}.securityContext.procMount: Invalid value: "Unmasked": ` +
          "`hostUsers` must be false to use `Unmasked`",
      ],
    ],
    [
      "privileged without escalation",
      inContainer({ securityContext: { privileged: true, allowPrivilegeEscalation: false } }),
      [
        expect.stringMatching(
          /securityContext: Invalid value: {"Capabilities":null,"Privileged":true,.*}: cannot set/,
        ),
      ],
    ],
    ["privileged", inContainer({ securityContext: { privileged: true } }), []],
    [
      "a file of environment variables",
      inContainer({
        env: [
          { name: "A", valueFrom: { fileKeyRef: { volumeName: "v", key: "K", path: "../x" } } },
        ],
      }),
      [`${c}.env[0].valueFrom.fileKeyRef.path: Invalid value: "../x": must not contain '..'`],
    ],
    [
      "labels that cannot be subscripted",
      inContainer({
        env: [{ name: "A", valueFrom: { fieldRef: { fieldPath: "spec.nodeName['a']" } } }],
      }),
      [
        `${c}.env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.nodeName['a']": ` +
          "error converting fieldPath: field label does not support subscript: " +
          "spec.nodeName['a']",
      ],
    ],
    [
      "the old name of the node",
      inContainer({ env: [{ name: "A", valueFrom: { fieldRef: { fieldPath: "spec.host" } } }] }),
      [],
    ],
    [
      "a path on the host's network",
      {
        hostNetwork: true,
        ...inContainer({ ports: [{ containerPort: 80, hostPort: 81 }] }),
      },
      [
        `${c}.ports[0].hostPort: Invalid value: 81: ` +
          "must match `containerPort` when `hostNetwork` is true",
      ],
    ],
    [
      "hugepages in a container that says nothing else",
      inContainer({ resources: { limits: { "hugepages-2Mi": "2Mi" } } }),
      [`${c}.resources: Forbidden: HugePages require cpu or memory`],
    ],
    [
      "an init container with the name of another",
      { initContainers: [{ name: "c", image: "i" }] },
      ['spec.initContainers[0].name: Duplicate value: "c"'],
    ],
    [
      "a sidecar with probes",
      {
        initContainers: [
          { name: "s", image: "i", restartPolicy: "Always", livenessProbe: { grpc: { port: 1 } } },
        ],
      },
      [],
    ],
    [
      "an ephemeral container",
      {
        ephemeralContainers: [
          {
            name: "c",
            image: "i",
            targetContainerName: "x",
            ports: [{ containerPort: 1 }],
            resources: { limits: { cpu: "1" } },
          },
        ],
      },
      [
        'spec.ephemeralContainers[0].name: Duplicate value: "c"',
        'spec.ephemeralContainers[0].targetContainerName: Not found: "x"',
        ...["ports", "resources"].map(
          (field) =>
            `spec.ephemeralContainers[0].${field}: Forbidden: ` +
            "cannot be set for an Ephemeral Container",
        ),
      ],
    ],
  ])("%s", (_, spec, expected) => {
    expect(errorsOf(spec)).toEqual(expected);
  });
});

describe("the pod as a whole", () => {
  test.each<[string, Partial<PodSpec>, string[]]>([
    [
      "users of its own on namespaces of the host",
      { hostUsers: false, hostNetwork: true, hostPID: true },
      ["hostNetwork", "hostPID"].map(
        (field) => `spec.${field}: Forbidden: when \`hostUsers\` is false`,
      ),
    ],
    [
      "processes shared twice",
      { hostPID: true, shareProcessNamespace: true },
      [
        "spec.securityContext.shareProcessNamespace: Invalid value: true: " +
          "ShareProcessNamespace and HostPID cannot both be enabled",
      ],
    ],
    [
      "an overhead of something unknown",
      { overhead: { odd: "1" } },
      [
        'spec.overhead[odd]: Invalid value: "odd": ' +
          "must be a standard resource type or fully qualified",
      ],
    ],
    [
      "a preemption policy",
      { preemptionPolicy: "Odd" },
      [
        'spec.preemptionPolicy: Unsupported value: "Odd": ' +
          'supported values: "PreemptLowerPriority", "Never"',
      ],
    ],
    [
      "no servers for names",
      { dnsPolicy: "None", dnsConfig: {} },
      [
        "spec.dnsConfig.nameservers: Required value: " +
          "must provide at least one DNS nameserver when `dnsPolicy` is None",
      ],
    ],
    ["the root as search path", { dnsConfig: { searches: [".", "a.b."] } }, []],
    [
      "a seccomp profile without its file",
      { securityContext: { seccompProfile: { type: "Localhost" } } },
      [
        "spec.securityContext.seccompProfile.localhostProfile: Required value: " +
          "must be set when seccomp type is Localhost",
      ],
    ],
    [
      "a file for a seccomp profile that has none",
      { securityContext: { seccompProfile: { type: "Unconfined", localhostProfile: "x" } } },
      [
        "spec.securityContext.seccompProfile.localhostProfile: Invalid value: " +
          '{"Type":"Unconfined","LocalhostProfile":"x"}: ' +
          "can only be set when seccomp type is Localhost",
      ],
    ],
    [
      "spread over too few domains",
      {
        topologySpreadConstraints: [
          {
            maxSkew: 1,
            topologyKey: "z",
            whenUnsatisfiable: "ScheduleAnyway",
            labelSelector: {},
            minDomains: 2,
          },
        ],
      },
      [
        "spec.topologySpreadConstraints[0].minDomains: Invalid value: 2: " +
          "can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway",
      ],
    ],
  ])("%s", (_, spec, expected) => {
    expect(errorsOf(spec)).toEqual(expected);
  });
});

test("labels and annotations of a template are named without their metadata", () => {
  const spec: PodSpec = { containers: [{ name: "c", image: "i" }] };
  defaultPodSpec(spec);
  const metadata = { labels: { "a b": "" }, annotations: { "c d": "" } };
  const fields = validatePodTemplate({ metadata, spec }, "t").map(({ field }) => field);
  expect(fields).toEqual(["t.labels", "t.annotations"]);
});

const spec: PodSpec = { containers: [{ name: "c" }] };
const appArmor = "container.apparmor.security.beta.kubernetes.io";

test.each([
  [{ "controller.kubernetes.io/pod-deletion-cost": "10" }, 0],
  [{ "controller.kubernetes.io/pod-deletion-cost": "+10" }, 1],
  [{ "controller.kubernetes.io/pod-deletion-cost": "2147483648" }, 1],
  [{ [`${appArmor}/c`]: "localhost/x" }, 0],
  [{ [`${appArmor}/c`]: "odd" }, 1],
  [{ [`${appArmor}/d`]: "unconfined" }, 1],
  [{ "seccomp.security.alpha.kubernetes.io/pod": "odd" }, 1],
  [{ "kubernetes.io/config.mirror": "x" }, 1],
])("annotations %j are wrong in %i ways", (annotations, count) => {
  expect(validateAnnotationsOfPod(annotations, spec, "a")).toHaveLength(count);
});

test("AppArmor annotations cannot change", () => {
  const [before, after] = [{ [`${appArmor}/c`]: "a" }, { [`${appArmor}/c`]: "b" }];
  const texts = (now: Record<string, string>, old: Record<string, string>) =>
    validateAnnotationsUpdate(now, old, "a").map(({ detail }) => detail);
  expect(texts(after, before)).toEqual(["may not remove or update AppArmor annotations"]);
  expect(texts(after, {})).toEqual(["may not add AppArmor annotations"]);
  expect(texts(before, before)).toEqual([]);
});
