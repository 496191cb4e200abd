/** What an update may change in a pod (Kubernetes: ValidatePodUpdate). */
import { schemaOf } from "#libs/schema/index.ts";
import type {
  Container,
  NodeAffinity,
  NodeSelectorTerm,
  Pod,
  PodSchedulingGate,
  PodSpec,
  Toleration,
} from "#proto/gen/k8s/core/v1.ts";
import { semanticEqual } from "../../../equality.ts";
import { forbidden, invalid, required, type FieldError } from "../../../errors.ts";
import { goStruct, type GoStruct } from "../../../goform.ts";
import { validateAnnotationsUpdate } from "../../../podtemplate/annotations.ts";
import { goSpecText } from "../../../podtemplate/gospec.ts";
import { validateImageSpaces } from "../../../podtemplate/containers.ts";
import { validateTolerations } from "../../../podtemplate/scheduling.ts";
import { unifiedDiff } from "../../../unifieddiff.ts";
import { int32Max, rangeText } from "../../../validation/names.ts";
import { qosClassOf } from "./qos.ts";
import { validatePodAgain } from "./validate.ts";

export function validatePodUpdate(pod: Pod, old: Pod): FieldError[] {
  const { spec = {}, metadata } = pod;
  const { spec: before = {} } = old;
  const errors = [
    ...validatePodAgain(pod),
    ...validateAnnotationsUpdate(
      metadata?.annotations,
      old.metadata?.annotations,
      "metadata.annotations",
    ),
  ];
  for (const kind of ["containers", "initContainers"] as const) {
    const path = `spec.${kind}`;
    if ((spec[kind] ?? []).length !== (before[kind] ?? []).length) {
      const detail = "pod updates may not add or remove containers";
      return [...errors, forbidden(path, detail)];
    }
    spec[kind]?.forEach((container, index) => {
      errors.push(...validateImage(container, `${path}[${index}]`));
    });
  }
  const { errors: deadlineErrors, stops } = validateDeadline(spec, before);
  errors.push(...deadlineErrors);
  if (stops) return errors;
  errors.push(
    ...validateAddedTolerations(spec.tolerations, before.tolerations, "spec.tolerations"),
    ...validateRemovedGates(spec.schedulingGates, before.schedulingGates),
  );
  if (semanticEqual(spec, before)) return errors;
  if (qosClassOf(spec) !== qosClassOf(before)) {
    errors.push(invalid("metadata", pod.status?.qosClass ?? "", "Pod QoS is immutable"));
  }
  return [...errors, ...validateRest(spec, before)];
}

function validateImage(container: Container, path: string): FieldError[] {
  const errors = (container.image ?? "") === "" ? [required(`${path}.image`, "")] : [];
  return [...errors, ...validateImageSpaces(container, path)];
}

/** A deadline can be set once and be shortened, never be taken away. */
function validateDeadline(
  { activeDeadlineSeconds: seconds }: PodSpec,
  { activeDeadlineSeconds: before }: PodSpec,
): { errors: FieldError[]; stops: boolean } {
  const path = "spec.activeDeadlineSeconds";
  if (seconds === undefined) {
    if (before === undefined) return { errors: [], stops: false };
    const detail = "must not update from a positive integer to nil value";
    return { errors: [invalid(path, null, detail)], stops: false };
  }
  if (seconds < 0 || seconds > int32Max) {
    return { errors: [invalid(path, seconds, rangeText(0, int32Max))], stops: true };
  }
  if (before === undefined || seconds <= before) return { errors: [], stops: false };
  const detail = "must be less than or equal to previous value";
  return { errors: [invalid(path, seconds, detail)], stops: true };
}

function validateAddedTolerations(
  tolerations: readonly Toleration[] | undefined,
  before: readonly Toleration[] | undefined,
  path: string,
): FieldError[] {
  const all = tolerations ?? [];
  const kept = (before ?? []).every((old) =>
    all.some((one) =>
      semanticEqual({ ...old, tolerationSeconds: 0 }, { ...one, tolerationSeconds: 0 }),
    ),
  );
  if (kept) return validateTolerations(tolerations, path);
  const detail = "existing toleration can not be modified except its tolerationSeconds";
  return [forbidden(path, detail)];
}

function validateRemovedGates(
  gates: readonly PodSchedulingGate[] | undefined,
  before: readonly PodSchedulingGate[] | undefined,
): FieldError[] {
  const known = new Set((before ?? []).map(({ name }) => name));
  return (gates ?? []).flatMap(({ name = "" }, index) => {
    if (known.has(name)) return [];
    const detail = `only deletion is allowed, but found new scheduling gate '${name}'`;
    return [forbidden(`spec.schedulingGates[${index}].name`, detail)];
  });
}

const changeableFields = [
  "`spec.containers[*].image`",
  "`spec.initContainers[*].image`",
  "`spec.activeDeadlineSeconds`",
  "`spec.tolerations` (only additions to existing tolerations)",
  "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
].join(",");

/** Everything else must be as it was: the error shows the difference. */
function validateRest(spec: PodSpec, before: PodSpec): FieldError[] {
  const masked: PodSpec = {
    ...spec,
    containers: maskImages(spec.containers, before.containers),
    initContainers: maskImages(spec.initContainers, before.initContainers),
    activeDeadlineSeconds: before.activeDeadlineSeconds,
    schedulingGates: before.schedulingGates,
    tolerations: before.tolerations,
  };
  const grace = before.terminationGracePeriodSeconds ?? 0;
  if (grace < 0 && spec.terminationGracePeriodSeconds === 1) {
    masked.terminationGracePeriodSeconds = grace;
  }
  const gated = (before.schedulingGates ?? []).length > 0;
  const errors = gated ? narrowedSelection(masked, before) : [];
  const [wanted, given] = [goSpecText(before), goSpecText(masked)];
  if (wanted === given) return errors;
  const detail =
    `pod updates may not change fields other than ${changeableFields}\n` +
    unifiedDiff(wanted, given);
  return [...errors, forbidden("spec", detail)];
}

function maskImages(
  containers: readonly Container[] | undefined,
  before: readonly Container[] | undefined,
): Container[] | undefined {
  return containers?.map((container, index) => ({
    ...container,
    image: before?.[index]?.image ?? "",
  }));
}

/** A pod behind gates may narrow the nodes it can run on; `masked` then looks as before. */
function narrowedSelection(masked: PodSpec, before: PodSpec): FieldError[] {
  const errors: FieldError[] = [];
  const selector = masked.nodeSelector ?? {};
  const kept = Object.entries(before.nodeSelector ?? {}).every(
    ([key, value]) => selector[key] === value,
  );
  if (!kept) {
    const detail = "only additions to spec.nodeSelector are allowed (no mutations or deletions)";
    errors.push(invalid("spec.nodeSelector", selector, detail));
  }
  masked.nodeSelector = before.nodeSelector;
  const affinity = masked.affinity?.nodeAffinity;
  const affinityBefore = before.affinity?.nodeAffinity;
  if (semanticEqual(affinity, affinityBefore)) return errors;
  errors.push(...validateNarrowedAffinity(affinity, affinityBefore));
  const { podAffinity, podAntiAffinity } = masked.affinity ?? {};
  const onlyNodes = podAffinity === undefined && podAntiAffinity === undefined;
  if (before.affinity === undefined && onlyNodes) delete masked.affinity;
  else masked.affinity = { ...masked.affinity, nodeAffinity: affinityBefore };
  return errors;
}

function validateNarrowedAffinity(
  affinity: NodeAffinity | undefined,
  before: NodeAffinity | undefined,
): FieldError[] {
  const field = "requiredDuringSchedulingIgnoredDuringExecution";
  const path = `spec.affinity.nodeAffinity.${field}.nodeSelectorTerms`;
  const terms = affinity?.[field]?.nodeSelectorTerms ?? [];
  const termsBefore = before?.[field]?.nodeSelectorTerms ?? [];
  if (termsBefore.length === 0) return [];
  if (terms.length !== termsBefore.length) {
    const detail = "no additions/deletions to non-empty NodeSelectorTerms list are allowed";
    return [invalid(path, terms.map(shownTerm), detail)];
  }
  return terms.flatMap((term, index) => {
    if (narrows(term, termsBefore[index] ?? {})) return [];
    const detail = "only additions are allowed (no mutations or deletions)";
    return [invalid(`${path}[${index}]`, shownTerm(term), detail)];
  });
}

const shownTerm = (term: NodeSelectorTerm): GoStruct =>
  goStruct(term, schemaOf("k8s.core.v1.NodeSelectorTerm"));

/** Requirements of a term may be added behind those that were there. */
function narrows(term: NodeSelectorTerm, before: NodeSelectorTerm): boolean {
  const all = [...(before.matchExpressions ?? []), ...(before.matchFields ?? [])];
  // A term without requirements selects nothing, so that any addition would widen it.
  if (all.length === 0) return semanticEqual(term, before);
  const { matchExpressions = [], matchFields = [] } = term;
  const begins = (list: readonly unknown[], old: readonly unknown[]) =>
    semanticEqual(list.slice(0, old.length), old);
  return (
    begins(matchExpressions, before.matchExpressions ?? []) &&
    begins(matchFields, before.matchFields ?? [])
  );
}
