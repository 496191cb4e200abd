/** Other requests and limits for a pod that runs (Kubernetes: ValidatePodResize). */
import type { Container, Pod, PodSpec, ResourceRequirements } from "#proto/gen/k8s/core/v1.ts";
import { semanticEqual } from "../../../equality.ts";
import { forbidden, invalid, type FieldError } from "../../../errors.ts";
import { mirrorAnnotation } from "../../../podtemplate/annotations.ts";
import { withSpec } from "./ephemeral.ts";
import { qosClassOf } from "./qos.ts";
import { validatePodAgain } from "./validate.ts";

const lists = ["initContainers", "containers"] as const;
const kinds = ["requests", "limits"] as const;

/** Takes the resources alone. Of other containers than there are nothing is taken over. */
export function mergeResize(pod: Pod, old: Pod): Pod {
  const { spec: before = {} } = old;
  const { spec: asked = {} } = pod;
  const isOther = lists.some((list) => (asked[list] ?? []).length !== (before[list] ?? []).length);
  // Validation refuses it as it is.
  if (isOther) return pod;
  const spec: PodSpec = { ...before };
  for (const list of lists) {
    if (before[list] !== undefined) spec[list] = resized(asked[list] ?? [], before[list]);
  }
  if (asked.resources === undefined) delete spec.resources;
  else spec.resources = asked.resources;
  return withSpec(pod, old, spec);
}

function resized(asked: Container[], before: readonly Container[]): Container[] {
  const isRenamed = asked.some(({ name }, index) => name !== before[index]?.name);
  if (isRenamed) return asked;
  return before.map((container, index) => {
    const { resources, resizePolicy } = asked[index] ?? {};
    const { resources: _resources, resizePolicy: _policy, ...rest } = container;
    return { ...rest, ...(resources && { resources }), ...(resizePolicy && { resizePolicy }) };
  });
}

export function validateResize(pod: Pod, old: Pod): FieldError[] {
  const { spec = {} } = pod;
  const { spec: before = {} } = old;
  if (old.metadata?.annotations?.[mirrorAnnotation] !== undefined) {
    return [forbidden("", "static pods cannot be resized")];
  }
  if (before.os?.name === "windows") return [forbidden("", "windows pods cannot be resized")];
  const errors = validatePodAgain(pod);
  if (qosClassOf(spec) !== (old.status?.qosClass || qosClassOf(before))) {
    const detail = "Pod QOS Class may not change as a result of resizing";
    errors.push(invalid("spec", pod.status?.qosClass ?? "", detail));
  }
  if (!canResize(old)) {
    errors.push(forbidden("spec", "Pod running on node without support for resize"));
  }
  errors.push(...validateWhole(spec.resources, before.resources));
  const moved = [
    ...validateOrder(spec, before, "containers"),
    ...validateOrder(spec, before, "initContainers"),
  ];
  if (moved.length > 0) return [...errors, ...moved];
  return [
    ...errors,
    ...lists.flatMap((list) => validateKept(spec, before, list)),
    ...validateContainers(spec.containers ?? [], before.containers ?? []),
    ...validateInitContainers(spec.initContainers ?? [], before.initContainers ?? []),
  ];
}

/** A kubelet that can resize reports the resources of running containers. */
function canResize({ status }: Pod): boolean {
  const running = (status?.containerStatuses ?? []).find(({ state }) => state?.running);
  return running === undefined || running.resources !== undefined;
}

/** Of the pod as a whole. */
function validateWhole(
  now: ResourceRequirements | undefined,
  before: ResourceRequirements | undefined,
): FieldError[] {
  const path = "spec.resources";
  if (!hasAny(now) && !hasAny(before)) return [];
  if (now === undefined) return [forbidden(path, "pod-level resources cannot be removed")];
  const lost = kinds.filter((kind) => isReduced(now[kind], before?.[kind]));
  const errors = lost.map((kind) =>
    forbidden(`${path}.${kind}`, `pod-level resource ${kind} cannot be removed`),
  );
  if (semanticEqual({ ...now, ...uncounted(now, before) }, before)) return errors;
  const detail = "only cpu and memory resources are mutable at pod-level";
  return [...errors, forbidden("spec", detail)];
}

const hasAny = (resources: ResourceRequirements | undefined): boolean =>
  kinds.some((kind) => Object.keys(resources?.[kind] ?? {}).length > 0);

type Amounts = Readonly<Record<string, string>> | undefined;

const isReduced = (now: Amounts, before: Amounts): boolean =>
  Object.keys(before ?? {}).some((name) => now?.[name] === undefined);

function validateOrder(
  spec: PodSpec,
  before: PodSpec,
  list: "containers" | "initContainers",
): FieldError[] {
  const containers = spec[list] ?? [];
  const old = before[list] ?? [];
  const path = `spec.${list}`;
  if (containers.length !== old.length) {
    return [forbidden(path, `${list} may not be added or removed on resize`)];
  }
  return containers.flatMap(({ name }, index) => {
    if (name === old[index]?.name) return [];
    const detail = `${list} may not be renamed or reordered on resize`;
    return [forbidden(`${path}[${index}].name`, detail)];
  });
}

function validateKept(
  spec: PodSpec,
  before: PodSpec,
  list: "containers" | "initContainers",
): FieldError[] {
  return (before[list] ?? []).flatMap(({ resources }, index) => {
    const now = spec[list]?.[index]?.resources;
    return kinds
      .filter((kind) => isReduced(now?.[kind], resources?.[kind]))
      .map((kind) =>
        forbidden(`spec.${list}[${index}].resources.${kind}`, `resource ${kind} cannot be removed`),
      );
  });
}

/** Only cpu and memory can change; everything else must be as it was, and no claims. */
function isSameElse(container: Container, before: Container | undefined): boolean {
  const resources = uncounted(container.resources, before?.resources);
  return semanticEqual({ ...container, resources }, before);
}

function validateContainers(
  containers: readonly Container[],
  before: readonly Container[],
): FieldError[] {
  const changed = containers.filter((container, index) => !isSameElse(container, before[index]));
  return changed.map(() => forbidden("spec", "only cpu and memory resources are mutable"));
}

function validateInitContainers(
  containers: readonly Container[],
  before: readonly Container[],
): FieldError[] {
  return containers.flatMap((container, index) => {
    const path = `spec.initContainers[${index}]`;
    const errors: FieldError[] = [];
    if (!isSameElse(container, before[index])) {
      const detail = "only cpu and memory resources for init or sidecar containers are mutable";
      errors.push(forbidden(path, detail));
    }
    const { restartPolicy, resizePolicy = [] } = container;
    const isRefused =
      restartPolicy !== "Always" &&
      !semanticEqual(container, before[index]) &&
      resizePolicy.some((policy) => policy.restartPolicy === "RestartContainer");
    if (!isRefused) return errors;
    const detail =
      "non-sidecar init containers with a resize policy of RestartContainer cannot be resized";
    return [...errors, forbidden(path, detail)];
  });
}

/** Resources with cpu and memory as they were before. */
function uncounted(
  now: ResourceRequirements | undefined,
  before: ResourceRequirements | undefined,
): ResourceRequirements {
  const amounts = (kind: (typeof kinds)[number]): Record<string, string> => {
    const { cpu: _cpu, memory: _memory, ...others } = now?.[kind] ?? {};
    const { cpu, memory } = before?.[kind] ?? {};
    return {
      ...others,
      ...(cpu === undefined ? {} : { cpu }),
      ...(memory === undefined ? {} : { memory }),
    };
  };
  return { requests: amounts("requests"), limits: amounts("limits") };
}
