/** The subresources of pods that change one part of the spec. */
import type { Container, Pod, PodSpec, ResourceRequirements } from "#proto/gen/k8s/core/v1.ts";
import { schemaOf } from "#libs/schema/index.ts";
import { semanticEqual } from "../../../equality.ts";
import { forbidden, invalid, type FieldError } from "../../../errors.ts";
import { goStruct } from "../../../goform.ts";
import { goJson, goQuote } from "../../../gotext.ts";
import { mirrorAnnotation, validateAnnotationsUpdate } from "../../../podtemplate/annotations.ts";
import { goSpecText } from "../../../podtemplate/gospec.ts";
import { unifiedDiff } from "../../../unifieddiff.ts";
import { qosClassOf } from "./qos.ts";
import { validatePodAgain } from "./validate.ts";

/** The stored pod with another spec; of the metadata only the version is the client's. */
function withSpec(pod: Pod, old: Pod, spec: PodSpec): Pod {
  const metadata = { ...old.metadata };
  const { resourceVersion, managedFields } = pod.metadata ?? {};
  if (resourceVersion !== undefined) metadata.resourceVersion = resourceVersion;
  if (managedFields !== undefined) metadata.managedFields = managedFields;
  return { ...old, metadata, spec };
}

export function mergeEphemeralContainers(pod: Pod, old: Pod): Pod {
  const spec: PodSpec = { ...old.spec };
  const containers = pod.spec?.ephemeralContainers ?? [];
  if (containers.length === 0) delete spec.ephemeralContainers;
  else spec.ephemeralContainers = containers;
  return withSpec(pod, old, spec);
}

/** Ephemeral containers can be added, never changed or removed. */
export function validateEphemeralContainersUpdate(pod: Pod, old: Pod): FieldError[] {
  if (old.metadata?.annotations?.[mirrorAnnotation] !== undefined) {
    return [forbidden("", "static pods do not support ephemeral containers")];
  }
  const errors = validatePodAgain(pod);
  const path = "spec.ephemeralContainers";
  const containers = pod.spec?.ephemeralContainers ?? [];
  for (const before of old.spec?.ephemeralContainers ?? []) {
    const name = goQuote(before.name ?? "");
    const now = containers.find((container) => container.name === before.name);
    if (now === undefined) {
      errors.push(forbidden(path, `existing ephemeral containers ${name} may not be removed\n`));
    } else if (!semanticEqual(before, now)) {
      const schema = schemaOf("k8s.core.v1.EphemeralContainer");
      const text = (value: unknown) => goJson(goStruct(value, schema), 1);
      const detail = `existing ephemeral containers ${name} may not be changed\n`;
      errors.push(forbidden(path, `${detail}${unifiedDiff(text(before), text(now))}`));
    }
  }
  return errors;
}

export function mergeResize(pod: Pod, old: Pod): Pod {
  const spec: PodSpec = { ...old.spec };
  spec.containers = resized(old.spec?.containers, pod.spec?.containers);
  const initContainers = resized(old.spec?.initContainers, pod.spec?.initContainers);
  if (initContainers.length > 0) spec.initContainers = initContainers;
  if (pod.spec?.resources !== undefined) spec.resources = pod.spec.resources;
  return withSpec(pod, old, spec);
}

/** Containers as they were, with the resources that containers of their names now have. */
function resized(
  before: readonly Container[] | undefined,
  now: readonly Container[] | undefined,
): Container[] {
  return (before ?? []).map((container) => {
    const same = now?.find(({ name }) => name === container.name);
    if (same === undefined) return container;
    const { resources, resizePolicy } = same;
    const copy = { ...container };
    if (resources === undefined) delete copy.resources;
    else copy.resources = resources;
    if (resizePolicy === undefined) delete copy.resizePolicy;
    else copy.resizePolicy = resizePolicy;
    return copy;
  });
}

/** Kubernetes: ValidatePodResize. */
export function validateResize(pod: Pod, old: Pod): FieldError[] {
  const { spec = {}, metadata } = pod;
  const { spec: before = {} } = old;
  if (old.metadata?.annotations?.[mirrorAnnotation] !== undefined) {
    return [forbidden("", "static pods cannot be resized")];
  }
  if (before.os?.name === "windows") return [forbidden("", "windows pods cannot be resized")];
  const errors = [
    ...validatePodAgain(pod),
    ...validateAnnotationsUpdate(
      metadata?.annotations,
      old.metadata?.annotations,
      "metadata.annotations",
    ),
  ];
  const qosClass = old.status?.qosClass || qosClassOf(before);
  if (qosClassOf(spec) !== qosClass) {
    const detail = "Pod QOS Class may not change as a result of resizing";
    errors.push(invalid("spec", qosClass, detail));
  }
  if (!canResize(old)) {
    errors.push(forbidden("spec", "Pod running on node without support for resize"));
  }
  for (const kind of ["containers", "initContainers"] as const) {
    (spec[kind] ?? []).forEach(({ resources }, index) => {
      const old_ = before[kind]?.[index]?.resources ?? {};
      errors.push(...validateKept(resources ?? {}, old_, `spec.${kind}[${index}].resources`));
    });
  }
  return [...errors, ...validateOnlyCounted(spec, before)];
}

/** A kubelet that can resize reports the resources of running containers. */
function canResize({ status }: Pod): boolean {
  const running = (status?.containerStatuses ?? []).find(({ state }) => state?.running);
  return running === undefined || running.resources !== undefined;
}

function validateKept(
  now: ResourceRequirements,
  before: ResourceRequirements,
  path: string,
): FieldError[] {
  return (["requests", "limits"] as const).flatMap((kind) => {
    const names = Object.keys(before[kind] ?? {});
    const kept = names.every((name) => now[kind]?.[name] !== undefined);
    const detail = `resource ${kind} cannot be removed`;
    return kept ? [] : [forbidden(`${path}.${kind}`, detail)];
  });
}

/** Only cpu and memory can change; everything else must look as it did. */
function validateOnlyCounted(spec: PodSpec, before: PodSpec): FieldError[] {
  const mask = (
    containers: readonly Container[] | undefined,
    old: readonly Container[] | undefined,
  ) =>
    containers?.map((container, index) => ({
      ...container,
      resources: masked(container.resources, old?.[index]?.resources),
      resizePolicy: old?.[index]?.resizePolicy,
    }));
  const looks: PodSpec = {
    ...spec,
    containers: mask(spec.containers, before.containers),
    initContainers: mask(spec.initContainers, before.initContainers),
    resources: before.resources,
  };
  const [wanted, given] = [goSpecText(before), goSpecText(looks)];
  if (wanted === given) return [];
  const detail = `only cpu and memory resources are mutable\n${unifiedDiff(wanted, given)}`;
  return [forbidden("spec", detail)];
}

function masked(
  now: ResourceRequirements | undefined,
  before: ResourceRequirements | undefined,
): ResourceRequirements {
  const result: ResourceRequirements = { ...now };
  for (const kind of ["requests", "limits"] as const) {
    const { cpu: _cpu, memory: _memory, ...others } = now?.[kind] ?? {};
    const { cpu, memory } = before?.[kind] ?? {};
    result[kind] = {
      ...others,
      ...(cpu === undefined ? {} : { cpu }),
      ...(memory === undefined ? {} : { memory }),
    };
  }
  return result;
}
