/** Which objects a quota with scopes counts. */
import type { KubeObject } from "../resource.ts";
import type {
  PersistentVolumeClaim,
  Pod,
  ResourceQuota,
  ScopedResourceSelectorRequirement,
} from "#proto/gen/k8s/core/v1.ts";

/** A quota without scopes counts everything; one with scopes what is in all of them. */
export function isInScope({ spec }: ResourceQuota, resource: string, object: KubeObject): boolean {
  const required = [
    ...(spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: "Exists", values: [] })),
    ...(spec?.scopeSelector?.matchExpressions ?? []),
  ];
  return required.every((one) => holds(one, resource, object));
}

type Requirement = Pick<ScopedResourceSelectorRequirement, "scopeName" | "operator" | "values">;

function holds(requirement: Requirement, resource: string, object: KubeObject): boolean {
  const { scopeName = "" } = requirement;
  if (resource === "persistentvolumeclaims" && scopeName === "VolumeAttributesClass") {
    return matches(requirement, attributeClasses(object as PersistentVolumeClaim));
  }
  if (resource !== "pods") return false;
  const pod = object as Pod;
  switch (scopeName) {
    case "Terminating":
      return hasDeadline(pod);
    case "NotTerminating":
      return !hasDeadline(pod);
    case "BestEffort":
      return isBestEffort(pod);
    case "NotBestEffort":
      return !isBestEffort(pod);
    case "PriorityClass":
      return matches(requirement, [pod.spec?.priorityClassName ?? ""]);
    case "CrossNamespacePodAffinity":
      return usesOtherNamespaces(pod);
    default:
      return false;
  }
}

/** An empty name is none. */
function matches({ operator, values = [] }: Requirement, names: readonly string[]): boolean {
  const given = names.filter((name) => name !== "");
  switch (operator) {
    case "In":
      return given.some((name) => values.includes(name));
    case "NotIn":
      return !given.some((name) => values.includes(name));
    case "DoesNotExist":
      return given.length === 0;
    default:
      return given.length > 0;
  }
}

const hasDeadline = ({ spec }: Pod) => (spec?.activeDeadlineSeconds ?? -1) >= 0;

/** No container says what it needs. */
function isBestEffort({ spec }: Pod): boolean {
  const all = [spec, ...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
  return all.every((one) => {
    const { requests = {}, limits = {} } = one?.resources ?? {};
    return [...Object.keys(requests), ...Object.keys(limits)].every(
      (name) => name !== "cpu" && name !== "memory",
    );
  });
}

function usesOtherNamespaces({ spec }: Pod): boolean {
  const { podAffinity, podAntiAffinity } = spec?.affinity ?? {};
  const terms = [podAffinity, podAntiAffinity].flatMap((one) => [
    ...(one?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(one?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(
      ({ podAffinityTerm }) => podAffinityTerm ?? {},
    ),
  ]);
  return terms.some(
    ({ namespaces = [], namespaceSelector }) =>
      namespaces.length > 0 || namespaceSelector !== undefined,
  );
}

function attributeClasses({ spec, status }: PersistentVolumeClaim): string[] {
  return [
    spec?.volumeAttributesClassName ?? "",
    status?.currentVolumeAttributesClassName ?? "",
    status?.modifyVolumeStatus?.targetVolumeAttributesClassName ?? "",
  ];
}
