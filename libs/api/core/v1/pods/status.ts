/** The status subresource of pods (Kubernetes: ValidatePodStatusUpdate). */
import type {
  Container,
  ContainerStateTerminated,
  ContainerStatus,
  Pod,
  PodStatus,
} from "#proto/gen/k8s/core/v1.ts";
import { duplicate, forbidden, invalid, type FieldError } from "../../../errors.ts";
import { dns1123SubdomainErrors } from "../../../names.ts";
import { validateAnnotationsUpdate } from "../../../podtemplate/annotations.ts";
import {
  invalidFor,
  ipField,
  isDualStack,
  qualifiedNameField,
} from "../../../validation/fields.ts";
import { ipErrors } from "../../../validation/names.ts";

/** Takes status, labels and annotations from a write; the rest stays. */
export function mergeStatus(pod: Pod, old: Pod): Pod {
  const status = keepObservedGeneration({ ...pod.status }, old.status ?? {});
  // Old kubelets drop what the API server decided on creation.
  const qosClass = status.qosClass || old.status?.qosClass;
  if (qosClass !== undefined) status.qosClass = qosClass;
  const metadata = { ...pod.metadata };
  const references = old.metadata?.ownerReferences;
  if (references === undefined) delete metadata.ownerReferences;
  else metadata.ownerReferences = references;
  return { ...pod, metadata, spec: old.spec, status };
}

/** Who does not know which generation was observed cannot clear it, of the pod or a condition. */
function keepObservedGeneration(status: PodStatus, old: PodStatus): PodStatus {
  const observedByPod = status.observedGeneration || old.observedGeneration;
  if (observedByPod !== undefined) status.observedGeneration = observedByPod;
  if (status.conditions === undefined) return status;
  const before = new Map<string | undefined, (number | undefined)[]>();
  for (const { type, observedGeneration } of old.conditions ?? []) {
    before.set(type, [...(before.get(type) ?? []), observedGeneration]);
  }
  status.conditions = status.conditions.map((condition) => {
    const observed = before.get(condition.type)?.shift();
    if (condition.observedGeneration || observed === undefined) return condition;
    return { ...condition, observedGeneration: observed };
  });
  return status;
}

export function validateStatusUpdate(pod: Pod, old: Pod): FieldError[] {
  const { status = {}, spec = {}, metadata } = pod;
  const { status: before = {} } = old;
  return [
    ...validateAnnotationsUpdate(
      metadata?.annotations,
      old.metadata?.annotations,
      "metadata.annotations",
    ),
    ...validateConditions(status, "status.conditions"),
    ...validateNomination(status, before),
    ...validateTransitions(status, before, spec, "containerStatuses"),
    ...validateTransitions(status, before, spec, "initContainerStatuses"),
    ...validateTransitions(status, before, spec, "ephemeralContainerStatuses"),
    ...validateClaims(pod, "status.resourceClaimStatuses"),
    ...validatePodIPs(status, "status.podIPs"),
    ...validateHostIPs(status, "status.hostIPs"),
    ...validateQosClass(status, before),
  ];
}

const systemConditions = ["PodScheduled", "Ready", "Initialized"];

function validateConditions({ conditions = [] }: PodStatus, path: string): FieldError[] {
  return conditions.flatMap(({ type = "" }, index) => {
    if (systemConditions.includes(type)) return [];
    return qualifiedNameField(`${path}[${index}].Type`, type);
  });
}

function validateNomination(
  { nominatedNodeName: name = "" }: PodStatus,
  before: PodStatus,
): FieldError[] {
  if (name === "" || name === before.nominatedNodeName) return [];
  return invalidFor("status.nominatedNodeName", name, dns1123SubdomainErrors(name));
}

type StatusList = "containerStatuses" | "initContainerStatuses" | "ephemeralContainerStatuses";

/** A container that ended for good cannot come back. */
function validateTransitions(
  status: PodStatus,
  before: PodStatus,
  spec: NonNullable<Pod["spec"]>,
  list: StatusList,
): FieldError[] {
  // Ephemeral containers are never restarted.
  const policy = list === "ephemeralContainerStatuses" ? "Never" : (spec.restartPolicy ?? "");
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  return (before[list] ?? []).flatMap((old, index) => {
    const ended = old.state?.terminated;
    const container = containers.find(({ name }) => name === old.name);
    if (ended === undefined || mayRestart(container, ended, policy)) return [];
    const revived = (status[list] ?? []).filter((one) => isSameAlive(one, old));
    const detail = "may not be transitioned to non-terminated state";
    return revived.map(() => forbidden(`status.${list}[${index}].state`, detail));
  });
}

const isSameAlive = (status: ContainerStatus, old: ContainerStatus): boolean =>
  status.name === old.name && status.state?.terminated === undefined;

/** Rules by exit code come first, then the container's own policy, then the pod's. */
function mayRestart(
  container: Container | undefined,
  { exitCode = 0 }: ContainerStateTerminated,
  podPolicy: string,
): boolean {
  for (const { exitCodes } of container?.restartPolicyRules ?? []) {
    const listed = exitCodes?.values?.includes(exitCode) ?? false;
    if (exitCodes?.operator === "NotIn" ? !listed : listed) return true;
  }
  const policy = container?.restartPolicy ?? podPolicy;
  return policy === "Always" || (policy === "OnFailure" && exitCode !== 0);
}

function validateClaims({ status, spec }: Pod, path: string): FieldError[] {
  const claims = new Set((spec?.resourceClaims ?? []).map(({ name }) => name));
  const seen = new Set<string>();
  return (status?.resourceClaimStatuses ?? []).flatMap(({ name = "" }, index) => {
    const at = `${path}[${index}].name`;
    const errors: FieldError[] = [];
    if (!claims.has(name)) {
      const detail = "must match the name of an entry in `spec.resourceClaims`";
      errors.push(invalid(at, name, detail));
    }
    if (seen.has(name)) errors.push(duplicate(at, name));
    seen.add(name);
    return errors;
  });
}

const familyText = "may specify no more than one IP for each IP family";

function validatePodIPs({ podIPs = [] }: PodStatus, path: string): FieldError[] {
  const addresses = podIPs.map(({ ip }) => ip ?? "");
  return [...validateAddresses(addresses, path), ...validateFamilies(addresses, path)];
}

function validateHostIPs({ hostIP = "", hostIPs = [] }: PodStatus, path: string): FieldError[] {
  const addresses = hostIPs.map(({ ip }) => ip ?? "");
  const [first] = addresses;
  if (first === undefined) return [];
  const errors = validateAddresses(addresses, path);
  if (first !== hostIP) {
    errors.unshift(invalid(`${path}[0].ip`, first, "must be equal to `hostIP`"));
  }
  return [...errors, ...validateFamilies(addresses, path)];
}

function validateAddresses(addresses: readonly string[], path: string): FieldError[] {
  return addresses.flatMap((address, index) => ipField(`${path}[${index}]`, address));
}

function validateFamilies(addresses: readonly string[], path: string): FieldError[] {
  if (addresses.length < 2) return [];
  const errors: FieldError[] = [];
  const valid = addresses.every((address) => ipErrors(address).length === 0);
  if (valid && (!isDualStack(addresses) || addresses.length > 2)) {
    errors.push(
      invalid(
        path,
        addresses.map((IP) => ({ IP })),
        familyText,
      ),
    );
  }
  const seen = new Set<string>();
  addresses.forEach((IP, index) => {
    if (seen.has(IP)) errors.push(duplicate(`${path}[${index}]`, { IP }));
    seen.add(IP);
  });
  return errors;
}

function validateQosClass({ qosClass }: PodStatus, before: PodStatus): FieldError[] {
  if (qosClass === before.qosClass) return [];
  return [invalid("status.qosClass", qosClass ?? "", "field is immutable")];
}
