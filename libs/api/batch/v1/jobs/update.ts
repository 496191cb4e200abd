/** What an update may change in a job (Kubernetes: ValidateJobUpdate). */
import { schemaOf } from "#libs/schema/index.ts";
import type { Job, JobSpec } from "#proto/gen/k8s/batch/v1.ts";
import type { Affinity, Container, PodSpec, PodTemplateSpec } from "#proto/gen/k8s/core/v1.ts";
import { semanticEqual, validateImmutable } from "../../../equality.ts";
import { invalid, type FieldError } from "../../../errors.ts";
import { goStruct } from "../../../goform.ts";
import { goTemplate } from "../../../podtemplate/gospec.ts";
import { validateSelectorKept } from "../../../validation/selectors.ts";
import { isTrue } from "./conditions.ts";
import { validateSelectingSpec, validateWhole } from "./validate.ts";

export function validateJobUpdate(job: Job, old: Job): FieldError[] {
  const { spec = {} } = job;
  const { spec: before = {} } = old;
  const same = <Field extends keyof JobSpec & string>(field: Field) =>
    validateImmutable(`spec.${field}`, spec[field] ?? null, before[field]);
  const struct = (field: "podFailurePolicy" | "successPolicy", message: string): FieldError[] => {
    if (semanticEqual(spec[field], before[field])) return [];
    const value = spec[field];
    const shown = value === undefined ? null : goStruct(value, schemaOf(message));
    return [invalid(`spec.${field}`, shown, "field is immutable")];
  };
  return [
    ...validateWhole(job, old),
    // Kubernetes checks the spec as that of a new object, and then again.
    ...validateSelectingSpec(spec, "spec"),
    ...validateCompletions(spec, before),
    ...validateSelectorKept("spec.selector", spec.selector, before.selector),
    ...validateTemplate(spec, before, mayReschedule(old)),
    ...same("completionMode"),
    ...struct("podFailurePolicy", "k8s.batch.v1.PodFailurePolicy"),
    ...same("backoffLimitPerIndex"),
    ...same("managedBy"),
    ...struct("successPolicy", "k8s.batch.v1.SuccessPolicy"),
  ];
}

/** An indexed job grows and shrinks in both numbers at once. */
function validateCompletions(spec: JobSpec, before: JobSpec): FieldError[] {
  const { completionMode, completions, parallelism } = spec;
  if (completions === before.completions) return [];
  if (completionMode !== "Indexed") {
    return [invalid("spec.completions", completions ?? null, "field is immutable")];
  }
  if (completions === undefined || completions === parallelism) return [];
  const detail = "can only be modified in tandem with spec.parallelism";
  return [invalid("spec.completions", completions, detail)];
}

/** Pods of a job that is suspended and has none do not care where they would have run. */
function mayReschedule(old: Job): boolean {
  const { status = {}, spec } = old;
  if (spec?.suspend !== true) return false;
  const isIdle = isTrue(old, "Suspended") && (status.active ?? 0) === 0;
  return status.startTime === undefined || isIdle;
}

function validateTemplate(
  { template = {} }: JobSpec,
  { template: before = {} }: JobSpec,
  isFree: boolean,
): FieldError[] {
  const compared = isFree ? withScheduling(before, template) : before;
  if (semanticEqual(template, compared)) return [];
  return [invalid("spec.template", goTemplate(template), "field is immutable")];
}

/** The template as it was, with everything from the new one that says where pods run. */
function withScheduling(before: PodTemplateSpec, now: PodTemplateSpec): PodTemplateSpec {
  const { nodeSelector, tolerations, schedulingGates } = now.spec ?? {};
  const { annotations, labels } = now.metadata ?? {};
  const spec: PodSpec = {
    ...before.spec,
    ...({ nodeSelector, tolerations, schedulingGates } as PodSpec),
    containers: withResources(before.spec?.containers, now.spec?.containers),
    initContainers: withResources(before.spec?.initContainers, now.spec?.initContainers),
  };
  const affinity = withNodeAffinity(before.spec?.affinity, now.spec?.affinity);
  if (affinity === undefined) delete spec.affinity;
  else spec.affinity = affinity;
  const metadata = { ...before.metadata, annotations, labels } as PodTemplateSpec["metadata"];
  return { ...before, metadata, spec } as PodTemplateSpec;
}

function withResources(
  before: readonly Container[] | undefined,
  now: readonly Container[] | undefined,
): Container[] {
  return (before ?? []).map((container, index) => {
    const same = now?.[index];
    if (same === undefined || same.name !== container.name) return container;
    return { ...container, resources: same.resources ?? {} };
  });
}

function withNodeAffinity(
  before: Affinity | undefined,
  now: Affinity | undefined,
): Affinity | undefined {
  const { nodeAffinity: _nodeAffinity, ...rest } = before ?? {};
  if (now === undefined) return Object.keys(rest).length === 0 ? undefined : rest;
  const { nodeAffinity } = now;
  return nodeAffinity === undefined ? rest : { ...rest, nodeAffinity };
}
