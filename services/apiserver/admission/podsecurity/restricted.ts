/** Checks of the restricted level: what a hardened pod must say and must not have. */
import type { Container } from "../pod.ts";
import { badSeccomp, isSeccompType } from "./baseline.ts";
import {
  type Check,
  containersOf,
  containerText,
  isInUserNamespace,
  namesWhere,
  plural,
  quoted,
  quotedSet,
  settersText,
  type Subject,
} from "./check.ts";

/** Rules that mean nothing to Windows. */
const isWindows = ({ spec }: Subject) => spec.os?.name === "windows";

const escalation: Check = {
  id: "allowPrivilegeEscalation",
  level: "restricted",
  since: 8,
  find(subject) {
    if (isWindows(subject)) return undefined;
    const names = namesWhere(
      subject,
      (one) => one.securityContext?.allowPrivilegeEscalation !== false,
    );
    if (names.length === 0) return undefined;
    const wanted = "must set securityContext.allowPrivilegeEscalation=false";
    const detail = `${containerText(names)} ${wanted}`;
    return { reason: "allowPrivilegeEscalation != false", detail };
  },
};

const capabilities: Check = {
  id: "capabilities_restricted",
  level: "restricted",
  since: 22,
  overrides: ["capabilities_baseline"],
  find(subject) {
    if (isWindows(subject)) return undefined;
    const capabilitiesOf = (one: Container) => one.securityContext?.capabilities ?? {};
    const missing = namesWhere(subject, (one) => !capabilitiesOf(one).drop?.includes("ALL"));
    const oddOf = (one: Container) =>
      (capabilitiesOf(one).add ?? []).filter((name) => name !== "NET_BIND_SERVICE");
    const adding = namesWhere(subject, (one) => oddOf(one).length > 0);
    const odd = quotedSet(containersOf(subject).flatMap(oddOf));
    const drop = 'must set securityContext.capabilities.drop=["ALL"]';
    const add = `must not include ${odd} in securityContext.capabilities.add`;
    const details = [
      ...(missing.length > 0 ? [`${containerText(missing)} ${drop}`] : []),
      ...(adding.length > 0 ? [`${containerText(adding)} ${add}`] : []),
    ];
    if (details.length === 0) return undefined;
    return { reason: "unrestricted capabilities", detail: details.join("; ") };
  },
};

const allowedVolumes = new Set([
  ...["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image"],
  ...["persistentVolumeClaim", "projected", "secret"],
]);
const otherVolumes = [
  ...["hostPath", "gcePersistentDisk", "awsElasticBlockStore", "gitRepo", "nfs", "iscsi"],
  ...["glusterfs", "rbd", "flexVolume", "cinder", "cephfs", "flocker", "fc", "azureFile"],
  ...["vsphereVolume", "quobyte", "azureDisk", "portworxVolume", "photonPersistentDisk"],
  ...["scaleIO", "storageos"],
];

const volumes: Check = {
  id: "restrictedVolumes",
  level: "restricted",
  since: 0,
  overrides: ["hostPathVolumes"],
  find({ spec }) {
    const odd = (spec.volumes ?? []).flatMap((volume) => {
      if (Object.keys(volume).some((key) => allowedVolumes.has(key))) return [];
      const type = otherVolumes.find((key) => Object.hasOwn(volume, key)) ?? "unknown";
      return [{ name: volume.name ?? "", type }];
    });
    if (odd.length === 0) return undefined;
    const types = odd.map(({ type }) => type);
    const names = quoted(odd.map(({ name }) => name));
    const words = [
      plural("volume", "volumes", odd.length),
      names,
      plural("uses", "use", odd.length),
      plural("restricted volume type", "restricted volume types", new Set(types).size),
      quotedSet(types),
    ];
    return { reason: "restricted volume types", detail: words.join(" ") };
  },
};

const runAsNonRoot: Check = {
  id: "runAsNonRoot",
  level: "restricted",
  since: 0,
  find(subject) {
    if (isInUserNamespace(subject)) return undefined;
    const ofPod = subject.spec.securityContext?.runAsNonRoot;
    const saying = (value: boolean | undefined) =>
      namesWhere(subject, (one) => one.securityContext?.runAsNonRoot === value);
    const reason = "runAsNonRoot != true";
    const setters = settersText(ofPod === false, saying(false));
    if (setters !== undefined) {
      return { reason, detail: `${setters} must not set securityContext.runAsNonRoot=false` };
    }
    const silent = ofPod === true ? [] : saying(undefined);
    if (silent.length === 0) return undefined;
    const detail = `pod or ${containerText(silent)} must set securityContext.runAsNonRoot=true`;
    return { reason, detail };
  },
};

const runAsUser: Check = {
  id: "runAsUser",
  level: "restricted",
  since: 23,
  find(subject) {
    if (isInUserNamespace(subject)) return undefined;
    const isPod = subject.spec.securityContext?.runAsUser === 0;
    const names = namesWhere(subject, (one) => one.securityContext?.runAsUser === 0);
    const setters = settersText(isPod, names);
    if (setters === undefined) return undefined;
    return { reason: "runAsUser=0", detail: `${setters} must not set runAsUser=0` };
  },
};

const seccomp: Check = {
  id: "seccompProfile_restricted",
  level: "restricted",
  since: 19,
  overrides: ["seccompProfile_baseline"],
  find(subject) {
    if (isWindows(subject)) return undefined;
    const reason = "seccompProfile";
    const bad = badSeccomp(subject);
    if (bad !== undefined) return { reason, detail: bad };
    if (isSeccompType(subject.spec.securityContext?.seccompProfile?.type)) return undefined;
    const silent = namesWhere(subject, (one) => one.securityContext?.seccompProfile === undefined);
    if (silent.length === 0) return undefined;
    const wanted = 'securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"';
    return { reason, detail: `pod or ${containerText(silent)} must set ${wanted}` };
  },
};

/** In the order in which findings are told, behind those of the baseline. */
export const restrictedChecks: readonly Check[] = [
  escalation,
  capabilities,
  volumes,
  runAsNonRoot,
  runAsUser,
  seccomp,
];
