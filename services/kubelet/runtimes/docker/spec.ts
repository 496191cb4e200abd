/** Pods and containers as Docker is asked for them: pure. */
import type { ContainerCreateOptions, HostConfig, MountSettings } from "dockerode";
import { quantityMilliValue, quantityValue } from "#libs/api/quantity.ts";
import type { Container, ContainerPort, Pod } from "#proto/gen/k8s/core/v1.ts";
import { expand } from "../../environment/expand.ts";
import type { Mount } from "../../volumes/mounts.ts";
import {
  dockerNameOf,
  labels,
  labelsOfContainer,
  labelsOfSandbox,
  sandboxName,
  type Scope,
} from "./labels.ts";
import { pauseReference } from "./pause.ts";

const hostNameMax = 63;
/** As the kubelet rotates logs: at most this much is kept of a container's output. */
const logging = { Type: "json-file", Config: { "max-size": "10m", "max-file": "5" } };

/** The container that holds the pod's network, IPC and, if shared, PIDs. */
export function sandboxOptions(scope: Scope, pod: Pod): ContainerCreateOptions {
  const { metadata, spec = {} } = pod;
  const isHostNetwork = spec.hostNetwork === true;
  const { options = [], nameservers = [], searches = [] } = spec.dnsConfig ?? {};
  const ports = publishedPorts(spec.containers ?? []);
  const hostname = (spec.hostname ?? metadata?.name ?? "").slice(0, hostNameMax);
  const host: HostConfig = {
    NetworkMode: isHostNetwork ? "host" : "bridge",
    IpcMode: spec.hostIPC ? "host" : "shareable",
    ...(spec.hostPID ? { PidMode: "host" } : {}),
    LogConfig: logging,
    Mounts: memoryVolumes(scope, pod).map(({ mount, name }) => ({
      ...mount,
      // Held here, so that its content outlives the containers.
      Target: `/volumes/${name}`,
    })),
    Dns: nameservers,
    DnsSearch: searches,
    DnsOptions: options.map(({ name = "", value }) => (value ? `${name}:${value}` : name)),
    ExtraHosts: (spec.hostAliases ?? []).flatMap(({ ip = "", hostnames = [] }) =>
      hostnames.map((name) => `${name}:${ip}`),
    ),
    Sysctls: Object.fromEntries(
      (spec.securityContext?.sysctls ?? []).map(({ name = "", value = "" }) => [name, value]),
    ),
    ...(isHostNetwork ? {} : { PortBindings: ports }),
  };
  return {
    name: dockerNameOf(pod, sandboxName, 0),
    Image: pauseReference,
    Labels: labelsOfSandbox(scope, pod),
    ...(isHostNetwork ? {} : { Hostname: hostname, ...domainOf(pod) }),
    ...(isHostNetwork ? {} : { ExposedPorts: exposed(ports) }),
    HostConfig: host,
  };
}

const domainOf = ({ metadata, spec }: Pod) =>
  spec?.subdomain
    ? { Domainname: `${spec.subdomain}.${metadata?.namespace ?? ""}.svc.cluster.local` }
    : {};

type Bindings = Record<string, { HostIp: string; HostPort: string }[]>;

function publishedPorts(containers: readonly Container[]): Bindings {
  const published: Bindings = {};
  const all: ContainerPort[] = containers.flatMap(({ ports }) => ports ?? []);
  for (const { hostPort, hostIP = "", containerPort = 0, protocol = "TCP" } of all) {
    if (!hostPort) continue;
    const key = `${containerPort}/${protocol.toLowerCase()}`;
    (published[key] ??= []).push({ HostIp: hostIP, HostPort: String(hostPort) });
  }
  return published;
}

const exposed = (ports: Bindings) =>
  Object.fromEntries(Object.keys(ports).map((port) => [port, {}]));

/** Volumes of the pod that live in memory, by their name in Docker. */
function memoryVolumes(scope: Scope, { metadata, spec }: Pod) {
  return (spec?.volumes ?? []).flatMap(({ name = "", emptyDir }) => {
    if (emptyDir?.medium !== "Memory") return [];
    const size = emptyDir.sizeLimit ? `,size=${quantityValue(emptyDir.sizeLimit)}` : "";
    const source = memoryVolumeName(metadata?.uid ?? "", name);
    const mount: MountSettings = {
      Type: "volume",
      Source: source,
      Target: "",
      VolumeOptions: {
        NoCopy: true,
        Labels: { [labels.uid]: metadata?.uid ?? "", [labels.folder]: scope.folder },
        DriverConfig: {
          Name: "local",
          Options: { type: "tmpfs", device: "tmpfs", o: `mode=1777${size}` },
        },
      },
    };
    return [{ name, mount }];
  });
}

const memoryVolumeName = (uid: string, volume: string) => `kubus_${uid}_${volume}`;

export interface ContainerInput {
  readonly scope: Scope;
  readonly pod: Pod;
  readonly container: Container;
  readonly attempt: number;
  /** Docker's id of the sandbox. */
  readonly sandboxId: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
  /** File for its last words, on this machine. */
  readonly messageFile: string;
}

/** One start of a container, joined to its sandbox. Throws for amounts that are no quantities. */
export function containerOptions(input: ContainerInput): ContainerCreateOptions {
  const { scope, pod, container, attempt, environment } = input;
  const { name = "", image = "", command, args, workingDir } = container;
  const expanded = (words: readonly string[]) => words.map((text) => expand(text, environment));
  const user = userOf(pod, container);
  return {
    name: dockerNameOf(pod, name, attempt),
    Image: image,
    Labels: labelsOfContainer(scope, pod, container, attempt),
    Env: Object.entries(environment).map(([key, value]) => `${key}=${value}`),
    ...(command?.length ? { Entrypoint: expanded(command) } : {}),
    // A command of the pod's makes the image's arguments void.
    ...(args?.length || command?.length ? { Cmd: expanded(args ?? []) } : {}),
    ...(workingDir ? { WorkingDir: workingDir } : {}),
    ...(user === undefined ? {} : { User: user }),
    OpenStdin: container.stdin === true,
    StdinOnce: container.stdinOnce === true,
    Tty: container.tty === true,
    // Kubernetes knows no health checks of images.
    Healthcheck: { Test: ["NONE"] },
    HostConfig: hostConfig(input),
  };
}

function hostConfig({ pod, container, sandboxId, mounts, messageFile, scope }: ContainerInput) {
  const joined = `container:${sandboxId}`;
  const { spec = {} } = pod;
  const { privileged, readOnlyRootFilesystem } = container.securityContext ?? {};
  const host: HostConfig = {
    NetworkMode: joined,
    IpcMode: spec.hostIPC ? "host" : joined,
    ...(spec.hostPID ? { PidMode: "host" } : {}),
    ...(spec.shareProcessNamespace ? { PidMode: joined } : {}),
    ...(spec.hostNetwork ? { UTSMode: "host" } : {}),
    LogConfig: logging,
    Privileged: privileged === true,
    ReadonlyRootfs: readOnlyRootFilesystem === true,
    ...capabilitiesOf(container),
    SecurityOpt: securityOptions(pod, container),
    GroupAdd: groupsOf(pod),
    Mounts: [...mountSettings(scope, pod, mounts), ...messageMount(container, messageFile)],
    ...resourcesOf(container),
  };
  return host;
}

/** `uid:gid`; undefined leaves it to the image. */
export function userOf({ spec }: Pod, { securityContext }: Container): string | undefined {
  const user = securityContext?.runAsUser ?? spec?.securityContext?.runAsUser;
  const group = securityContext?.runAsGroup ?? spec?.securityContext?.runAsGroup;
  if (user === undefined) return group === undefined ? undefined : `0:${group}`;
  return group === undefined ? String(user) : `${user}:${group}`;
}

function capabilitiesOf({ securityContext }: Container): HostConfig {
  const { add = [], drop = [] } = securityContext?.capabilities ?? {};
  return { CapAdd: add, CapDrop: drop };
}

function securityOptions({ spec }: Pod, { securityContext }: Container): string[] {
  const profile = securityContext?.seccompProfile ?? spec?.securityContext?.seccompProfile;
  return [
    ...(securityContext?.allowPrivilegeEscalation === false ? ["no-new-privileges"] : []),
    ...(profile?.type === "Unconfined" ? ["seccomp=unconfined"] : []),
  ];
}

function groupsOf({ spec }: Pod): string[] {
  const { fsGroup, supplementalGroups = [] } = spec?.securityContext ?? {};
  return [...supplementalGroups, ...(fsGroup === undefined ? [] : [fsGroup])].map(String);
}

function mountSettings(scope: Scope, pod: Pod, mounts: readonly Mount[]): MountSettings[] {
  const inMemory = new Map(memoryVolumes(scope, pod).map(({ name, mount }) => [name, mount]));
  return mounts.map(({ volume, source, target, isReadOnly, propagation }) => {
    const memory = inMemory.get(volume);
    if (memory) return { ...memory, Target: target, ReadOnly: isReadOnly };
    return {
      Type: "bind",
      Source: source ?? "",
      Target: target,
      ReadOnly: isReadOnly,
      BindOptions: { Propagation: propagation },
    };
  });
}

function messageMount({ terminationMessagePath }: Container, file: string): MountSettings[] {
  if (!terminationMessagePath) return [];
  return [{ Type: "bind", Source: file, Target: terminationMessagePath }];
}

const sharesPerCore = 1_024;
const sharesMin = 2;
const periodMicroseconds = 100_000;
/** The kernel takes no smaller quota. */
const quotaMin = 1_000;

/** As Kubernetes turns requests and limits into cgroup settings; no swap. */
function resourcesOf({ resources = {} }: Container): HostConfig {
  const { limits = {}, requests = {} } = resources;
  const requested = requests["cpu"] ?? limits["cpu"];
  const shares = Math.floor(
    ((requested ? quantityMilliValue(requested) : 0) * sharesPerCore) / 1e3,
  );
  const { cpu, memory } = limits;
  const quota = cpu ? Math.floor((quantityMilliValue(cpu) * periodMicroseconds) / 1e3) : 0;
  const bytes = memory ? quantityValue(memory) : 0;
  return {
    CpuShares: Math.max(shares, sharesMin),
    ...(quota > 0 ? { CpuPeriod: periodMicroseconds, CpuQuota: Math.max(quota, quotaMin) } : {}),
    ...(bytes > 0 ? { Memory: bytes, MemorySwap: bytes } : {}),
  };
}
