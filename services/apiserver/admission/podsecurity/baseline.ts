/** Checks of the baseline level: nothing that is known to lead out of a container. */
import type { Container, PodSpec } from "../pod.ts";
import {
  type Check,
  containersOf,
  containerText,
  isInUserNamespace,
  namesWhere,
  plural,
  quotedSet,
  settersText,
  type Subject,
} from "./check.ts";

/** What Docker gives by default. */
const defaultCapabilities: ReadonlySet<string> = new Set([
  ...["AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD"],
  ...["NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"],
]);

const added = ({ securityContext }: Container) => securityContext?.capabilities?.add ?? [];

const capabilities: Check = {
  id: "capabilities_baseline",
  level: "baseline",
  since: 0,
  find(subject) {
    const isOdd = (name: string) => !defaultCapabilities.has(name);
    const names = namesWhere(subject, (one) => added(one).some(isOdd));
    if (names.length === 0) return undefined;
    const odd = quotedSet(containersOf(subject).flatMap(added).filter(isOdd));
    const detail = `${containerText(names)} must not include ${odd}`;
    return {
      reason: "non-default capabilities",
      detail: `${detail} in securityContext.capabilities.add`,
    };
  },
};

const appArmorPrefix = "container.apparmor.security.beta.kubernetes.io/";
const isAppArmorValue = (value: string) =>
  value === "" || value === "runtime/default" || value.startsWith("localhost/");

const appArmor: Check = {
  id: "appArmorProfile",
  level: "baseline",
  since: 0,
  find(subject) {
    const isOdd = (type: string | undefined) => type === "Unconfined";
    const podType = subject.spec.securityContext?.appArmorProfile?.type;
    const names = namesWhere(subject, (one) => isOdd(one.securityContext?.appArmorProfile?.type));
    const setters = settersText(isOdd(podType), names);
    const annotations = Object.entries(subject.metadata.annotations ?? {})
      .filter(([key, value]) => key.startsWith(appArmorPrefix) && !isAppArmorValue(value))
      .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
      .toSorted();
    const fields =
      setters === undefined
        ? []
        : [`${setters} must not set AppArmor profile type to "Unconfined"`];
    const all = [...fields, ...annotations];
    if (all.length === 0) return undefined;
    const count = new Set(annotations).size + fields.length;
    const reason = plural("forbidden AppArmor profile", "forbidden AppArmor profiles", count);
    return { reason, detail: all.join(", ") };
  },
};

const namespaces = ["hostNetwork", "hostPID", "hostIPC"] as const;

const hostNamespaces: Check = {
  id: "hostNamespaces",
  level: "baseline",
  since: 0,
  find({ spec }) {
    const used = namespaces.filter((name) => spec[name] === true);
    if (used.length === 0) return undefined;
    return { reason: "host namespaces", detail: used.map((name) => `${name}=true`).join(", ") };
  },
};

const hostPathVolumes: Check = {
  id: "hostPathVolumes",
  level: "baseline",
  since: 0,
  find({ spec }) {
    const names = (spec.volumes ?? []).filter((one) => one.hostPath).map(({ name }) => name ?? "");
    if (names.length === 0) return undefined;
    const word = plural("volume", "volumes", names.length);
    const list = names.map((name) => JSON.stringify(name)).join(", ");
    return { reason: "hostPath volumes", detail: `${word} ${list}` };
  },
};

const hostPortsOf = ({ ports = [] }: Container) =>
  ports.flatMap(({ hostPort = 0 }) => (hostPort === 0 ? [] : [hostPort]));

const hostPorts: Check = {
  id: "hostPorts",
  level: "baseline",
  since: 0,
  find(subject) {
    const names = namesWhere(subject, (one) => hostPortsOf(one).length > 0);
    if (names.length === 0) return undefined;
    const ports = [...new Set(containersOf(subject).flatMap(hostPortsOf))].map(String).toSorted();
    const uses = plural("uses", "use", names.length);
    const word = plural("hostPort", "hostPorts", ports.length);
    return {
      reason: "hostPort",
      detail: `${containerText(names)} ${uses} ${word} ${ports.join(", ")}`,
    };
  },
};

/** Hosts that the probes and hooks of a container reach for. */
function hostsOf({ livenessProbe, readinessProbe, startupProbe, lifecycle }: Container): string[] {
  const handlers = [livenessProbe, readinessProbe, startupProbe];
  return [...handlers, lifecycle?.postStart, lifecycle?.preStop].flatMap((handler) =>
    [handler?.httpGet?.host ?? "", handler?.tcpSocket?.host ?? ""].filter((host) => host !== ""),
  );
}

const hostProbes: Check = {
  id: "hostProbesAndHostLifecycle",
  level: "baseline",
  since: 34,
  find(subject) {
    const names = namesWhere(subject, (one) => hostsOf(one).length > 0).toSorted();
    if (names.length === 0) return undefined;
    const hosts = containersOf(subject).flatMap(hostsOf);
    const what = "probe or lifecycle host";
    const word = plural(what, `${what}s`, new Set(hosts).size);
    const uses = plural("uses", "use", names.length);
    return { reason: what, detail: `${containerText(names)} ${uses} ${word} ${quotedSet(hosts)}` };
  },
};

const privileged: Check = {
  id: "privileged",
  level: "baseline",
  since: 0,
  find(subject) {
    const names = namesWhere(subject, (one) => one.securityContext?.privileged === true);
    if (names.length === 0) return undefined;
    const detail = `${containerText(names)} must not set securityContext.privileged=true`;
    return { reason: "privileged", detail };
  },
};

const procMount: Check = {
  id: "procMount",
  level: "baseline",
  since: 0,
  find(subject) {
    if (isInUserNamespace(subject)) return undefined;
    const mountOf = (one: Container) => one.securityContext?.procMount ?? "Default";
    const isOdd = (one: Container) => mountOf(one) !== "Default";
    const names = namesWhere(subject, isOdd);
    if (names.length === 0) return undefined;
    const odd = quotedSet(containersOf(subject).filter(isOdd).map(mountOf));
    const detail = `${containerText(names)} must not set securityContext.procMount to ${odd}`;
    return { reason: "procMount", detail };
  },
};

const seLinuxTypes = new Set(["", "container_t", "container_init_t", "container_kvm_t"]);
type SeLinuxOptions = NonNullable<NonNullable<PodSpec["securityContext"]>["seLinuxOptions"]>;

const seLinux: Check = {
  id: "seLinuxOptions",
  level: "baseline",
  since: 0,
  find(subject) {
    const ofPod = subject.spec.securityContext?.seLinuxOptions;
    const isOdd = (options: SeLinuxOptions = {}) =>
      !isSeLinuxType(options) || isSet(options.user) || isSet(options.role);
    const names = namesWhere(subject, (one) => isOdd(one.securityContext?.seLinuxOptions));
    const setters = settersText(isOdd(ofPod), names);
    if (setters === undefined) return undefined;
    const all = [
      ofPod ?? {},
      ...containersOf(subject).map((one) => one.securityContext?.seLinuxOptions ?? {}),
    ];
    const types = all.filter((one) => !isSeLinuxType(one)).map(({ type = "" }) => type);
    const word = plural("type", "types", new Set(types).size);
    const faults = [
      ...(types.length > 0 ? [`${word} ${quotedSet(types)}`] : []),
      ...(all.some(({ user }) => isSet(user)) ? ["user may not be set"] : []),
      ...(all.some(({ role }) => isSet(role)) ? ["role may not be set"] : []),
    ];
    const detail = `${setters} set forbidden securityContext.seLinuxOptions: ${faults.join("; ")}`;
    return { reason: "seLinuxOptions", detail };
  },
};

const isSet = (text: string | undefined) => (text ?? "") !== "";
const isSeLinuxType = ({ type = "" }: SeLinuxOptions) => seLinuxTypes.has(type);

const seccompTypes = new Set(["Localhost", "RuntimeDefault"]);
export const isSeccompType = (type: string | undefined): boolean => seccompTypes.has(type ?? "");

/** Who says something else than a good seccomp profile. */
export function badSeccomp(subject: Subject): string | undefined {
  const ofPod = subject.spec.securityContext?.seccompProfile;
  const profileOf = (one: Container) => one.securityContext?.seccompProfile;
  const isOdd = (one: Container) =>
    profileOf(one) !== undefined && !isSeccompType(profileOf(one)?.type);
  const isPodOdd = ofPod !== undefined && !isSeccompType(ofPod.type);
  const setters = settersText(isPodOdd, namesWhere(subject, isOdd));
  if (setters === undefined) return undefined;
  const types = [
    ...(isPodOdd ? [ofPod.type ?? ""] : []),
    ...containersOf(subject)
      .filter(isOdd)
      .map((one) => profileOf(one)?.type ?? ""),
  ];
  return `${setters} must not set securityContext.seccompProfile.type to ${quotedSet(types)}`;
}

const seccomp: Check = {
  id: "seccompProfile_baseline",
  level: "baseline",
  since: 19,
  find(subject) {
    const detail = badSeccomp(subject);
    return detail === undefined ? undefined : { reason: "seccompProfile", detail };
  },
};

const seccompPodAnnotation = "seccomp.security.alpha.kubernetes.io/pod";
const seccompContainerAnnotation = "container.seccomp.security.alpha.kubernetes.io/";
const isSeccompValue = (value: string) =>
  value === "runtime/default" || value === "docker/default" || value.startsWith("localhost/");

/** Before there was a field. */
const seccompAnnotations: Check = {
  id: "seccompProfile_baseline",
  level: "baseline",
  since: 0,
  until: 19,
  find(subject) {
    const { annotations = {} } = subject.metadata;
    const names = containersOf(subject).map(({ name }) => `${seccompContainerAnnotation}${name}`);
    const odd = [seccompPodAnnotation, ...names]
      .filter((key) => annotations[key] !== undefined && !isSeccompValue(annotations[key]))
      .map((key) => `${key}=${JSON.stringify(annotations[key])}`);
    if (odd.length === 0) return undefined;
    const word = plural("annotation", "annotations", odd.length);
    const detail = `forbidden ${word} ${odd.toSorted().join(", ")}`;
    return { reason: "seccompProfile", detail };
  },
};

/** With the minor version since which each is allowed. */
const safeSysctls: ReadonlyMap<string, number> = new Map([
  ["kernel.shm_rmid_forced", 0],
  ["net.ipv4.ip_local_port_range", 0],
  ["net.ipv4.tcp_syncookies", 0],
  ["net.ipv4.ping_group_range", 0],
  ["net.ipv4.ip_unprivileged_port_start", 0],
  ["net.ipv4.ip_local_reserved_ports", 27],
  ["net.ipv4.tcp_keepalive_time", 29],
  ["net.ipv4.tcp_fin_timeout", 29],
  ["net.ipv4.tcp_keepalive_intvl", 29],
  ["net.ipv4.tcp_keepalive_probes", 29],
  ["net.ipv4.tcp_rmem", 32],
  ["net.ipv4.tcp_wmem", 32],
]);

const sysctls = (since: number, until: number | undefined): Check => ({
  id: "sysctls",
  level: "baseline",
  since,
  ...(until === undefined ? {} : { until }),
  find({ spec }) {
    const names = (spec.securityContext?.sysctls ?? []).map(({ name = "" }) => name);
    const odd = names.filter((name) => (safeSysctls.get(name) ?? Infinity) > since);
    if (odd.length === 0) return undefined;
    return { reason: "forbidden sysctls", detail: odd.join(", ") };
  },
});

const hostProcess: Check = {
  id: "windowsHostProcess",
  level: "baseline",
  since: 0,
  find(subject) {
    const isPod = subject.spec.securityContext?.windowsOptions?.hostProcess === true;
    const names = namesWhere(
      subject,
      (one) => one.securityContext?.windowsOptions?.hostProcess === true,
    );
    const setters = settersText(isPod, names);
    if (setters === undefined) return undefined;
    const detail = `${setters} must not set securityContext.windowsOptions.hostProcess=true`;
    return { reason: "hostProcess", detail };
  },
};

/** In the order in which findings are told. */
export const baselineChecks: readonly Check[] = [
  appArmor,
  capabilities,
  hostNamespaces,
  hostPathVolumes,
  hostPorts,
  hostProbes,
  privileged,
  procMount,
  seLinux,
  seccompAnnotations,
  seccomp,
  sysctls(0, 27),
  sysctls(27, 29),
  sysctls(29, 32),
  sysctls(32, undefined),
  hostProcess,
];
