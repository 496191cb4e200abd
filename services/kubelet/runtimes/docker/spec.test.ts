import { describe, expect, test } from "vitest";
import type { Container, PodSpec } from "#proto/gen/k8s/core/v1.ts";
import { container, podOf } from "../../pod/example.ts";
import type { Mount } from "../../volumes/mounts.ts";
import type { Scope } from "./labels.ts";
import { containerOptions, sandboxOptions, userOf } from "./spec.ts";

const scope: Scope = { cluster: "kubus", node: "node-1", folder: "/data" };

const of = (own: Container, spec: PodSpec = {}, mounts: readonly Mount[] = []) =>
  containerOptions({
    scope,
    pod: podOf(spec),
    container: container("main", own),
    attempt: 1,
    sandboxId: "s1",
    environment: { A: "1", B: "two words" },
    mounts,
    messageFile: "/data/last-words",
  });

describe("a container", () => {
  test("joins its pod, and is found again", () => {
    expect(of({})).toMatchObject({
      name: "k8s_main_web_shop_u1_1",
      Image: "image:1",
      Env: ["A=1", "B=two words"],
      Labels: {
        "io.kubernetes.pod.uid": "u1",
        "io.kubernetes.container.name": "main",
        "kubus.attempt": "1",
        "kubus.node": "node-1",
      },
      HostConfig: { NetworkMode: "container:s1", IpcMode: "container:s1" },
    });
  });

  test.each<[string, Container, object]>([
    ["nothing: the image's own", {}, {}],
    [
      "a command: the image's arguments are void",
      { command: ["a"] },
      { Entrypoint: ["a"], Cmd: [] },
    ],
    ["arguments alone: the image's command", { args: ["x"] }, { Cmd: ["x"] }],
    ["both", { command: ["a"], args: ["x"] }, { Entrypoint: ["a"], Cmd: ["x"] }],
    [
      "variables",
      { command: ["echo", "$(A)"], args: ["$(B)", "$$(A)", "$(C)"] },
      { Entrypoint: ["echo", "1"], Cmd: ["two words", "$(A)", "$(C)"] },
    ],
    ["a folder", { workingDir: "/app" }, { WorkingDir: "/app" }],
    ["a terminal", { tty: true, stdin: true }, { Tty: true, OpenStdin: true }],
  ])("runs %s", (_, own, expected) => {
    const { Entrypoint, Cmd, WorkingDir, Tty, OpenStdin } = of(own);
    const asked = { Entrypoint, Cmd, WorkingDir };
    const terminal = "Tty" in expected ? { Tty, OpenStdin } : {};
    const given = Object.entries({ ...asked, ...terminal }).filter(
      ([, value]) => value !== undefined,
    );
    expect(Object.fromEntries(given)).toEqual(expected);
  });

  test.each<[string, Container, object]>([
    ["nothing is the least share", {}, { CpuShares: 2 }],
    ["a request is a share", { resources: { requests: { cpu: "500m" } } }, { CpuShares: 512 }],
    [
      "a limit is a share and a quota",
      { resources: { limits: { cpu: "1500m" } } },
      { CpuShares: 1_536, CpuPeriod: 100_000, CpuQuota: 150_000 },
    ],
    [
      "a tiny limit is what the kernel takes",
      { resources: { limits: { cpu: "1m" } } },
      { CpuShares: 2, CpuQuota: 1_000 },
    ],
    [
      "memory is without swap",
      { resources: { limits: { memory: "64Mi" } } },
      { Memory: 67_108_864, MemorySwap: 67_108_864 },
    ],
  ])("%s", (_, own, expected) => {
    expect(of(own).HostConfig).toMatchObject(expected);
  });

  test("has the rights that it is given", () => {
    const securityContext = {
      privileged: true,
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { add: ["NET_ADMIN"], drop: ["ALL"] },
      seccompProfile: { type: "Unconfined" },
    };
    const spec = { securityContext: { fsGroup: 2_000, supplementalGroups: [3_000] } };
    expect(of({ securityContext }, spec).HostConfig).toMatchObject({
      Privileged: true,
      ReadonlyRootfs: true,
      CapAdd: ["NET_ADMIN"],
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges", "seccomp=unconfined"],
      GroupAdd: ["3000", "2000"],
    });
  });

  test.each<[PodSpec["securityContext"], Container["securityContext"], string | undefined]>([
    [undefined, undefined, undefined],
    [{ runAsUser: 1_000 }, undefined, "1000"],
    [{ runAsUser: 1_000, runAsGroup: 5 }, { runAsUser: 0 }, "0:5"],
    [undefined, { runAsGroup: 5 }, "0:5"],
  ])("pod %j and container %j make user %s", (ofPod, own, expected) => {
    const pod = podOf(ofPod ? { securityContext: ofPod } : {});
    expect(userOf(pod, container("main", own ? { securityContext: own } : {}))).toBe(expected);
  });

  test("mounts folders, memory and the file for its last words", () => {
    const spec: PodSpec = {
      volumes: [
        { name: "disk", emptyDir: {} },
        { name: "memory", emptyDir: { medium: "Memory", sizeLimit: "1Mi" } },
      ],
    };
    const common = { isReadOnly: false, propagation: "rprivate" } as const;
    const mounts: Mount[] = [
      { ...common, volume: "disk", source: "/data/disk", target: "/a", isReadOnly: true },
      { ...common, volume: "memory", source: undefined, target: "/b" },
    ];
    const own = { terminationMessagePath: "/dev/termination-log" };
    expect(of(own, spec, mounts).HostConfig?.Mounts).toMatchObject([
      { Type: "bind", Source: "/data/disk", Target: "/a", ReadOnly: true },
      {
        Type: "volume",
        Source: "kubus_u1_memory",
        Target: "/b",
        VolumeOptions: { DriverConfig: { Options: { o: "mode=1777,size=1048576" } } },
      },
      { Type: "bind", Source: "/data/last-words", Target: "/dev/termination-log" },
    ]);
  });

  test.each<[PodSpec, object]>([
    [{ shareProcessNamespace: true }, { PidMode: "container:s1" }],
    [{ hostPID: true }, { PidMode: "host" }],
    [{ hostIPC: true }, { IpcMode: "host" }],
  ])("shares what its pod says: %j", (spec, expected) => {
    expect(of({}, spec).HostConfig).toMatchObject(expected);
  });
});

describe("a sandbox", () => {
  test("has the pod's name, hosts and published ports", () => {
    const ports = [
      { containerPort: 80, hostPort: 8_080, protocol: "TCP" },
      { containerPort: 53, hostPort: 5_353, hostIP: "127.0.0.1", protocol: "UDP" },
      { containerPort: 9_090 },
    ];
    const pod = podOf({
      containers: [container("main", { ports })],
      hostAliases: [{ ip: "10.1.1.1", hostnames: ["a.example", "b.example"] }],
      subdomain: "friends",
    });
    expect(sandboxOptions(scope, pod)).toMatchObject({
      name: "k8s_POD_web_shop_u1_0",
      Hostname: "web",
      Domainname: "friends.shop.svc.cluster.local",
      ExposedPorts: { "80/tcp": {}, "53/udp": {} },
      HostConfig: {
        NetworkMode: "bridge",
        IpcMode: "shareable",
        ExtraHosts: ["a.example:10.1.1.1", "b.example:10.1.1.1"],
        PortBindings: {
          "80/tcp": [{ HostIp: "", HostPort: "8080" }],
          "53/udp": [{ HostIp: "127.0.0.1", HostPort: "5353" }],
        },
      },
    });
  });

  test("of the node's network publishes nothing and has no name of its own", () => {
    const ports = [{ containerPort: 80, hostPort: 80 }];
    const pod = podOf({ hostNetwork: true, containers: [container("main", { ports })] });
    const options = sandboxOptions(scope, pod);
    expect(options.Hostname).toBeUndefined();
    expect(options.HostConfig).toMatchObject({ NetworkMode: "host" });
    expect(options.HostConfig?.PortBindings).toBeUndefined();
  });

  test("a name that is too long for a host is cut", () => {
    const pod = podOf();
    const long = { ...pod, metadata: { ...pod.metadata, name: "a".repeat(100) } };
    expect(sandboxOptions(scope, long).Hostname).toHaveLength(63);
  });
});
