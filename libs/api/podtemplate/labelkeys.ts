/** Selectors that a pod completes with values of its own labels. */
import type { Pod, PodAffinity, PodAffinityTerm } from "#proto/gen/k8s/core/v1.ts";
import type { LabelSelector } from "#proto/gen/k8s/meta/v1.ts";

type Labels = Readonly<Record<string, string>>;

/** Turns the label keys of affinity and spread constraints into requirements, in place. */
export function applyLabelKeys({ metadata, spec }: Pod): void {
  const labels = metadata?.labels ?? {};
  applyToAffinity(spec?.affinity?.podAffinity, labels);
  applyToAffinity(spec?.affinity?.podAntiAffinity, labels);
  for (const { labelSelector, matchLabelKeys } of spec?.topologySpreadConstraints ?? []) {
    addRequirements(labelSelector, matchLabelKeys, "In", labels);
  }
}

function applyToAffinity(affinity: PodAffinity | undefined, labels: Labels): void {
  const terms: (PodAffinityTerm | undefined)[] = [
    ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(
      ({ podAffinityTerm }) => podAffinityTerm,
    ),
  ];
  for (const term of terms) {
    addRequirements(term?.labelSelector, term?.matchLabelKeys, "In", labels);
    addRequirements(term?.labelSelector, term?.mismatchLabelKeys, "NotIn", labels);
  }
}

function addRequirements(
  selector: LabelSelector | undefined,
  keys: readonly string[] | undefined,
  operator: "In" | "NotIn",
  labels: Labels,
): void {
  if (selector === undefined) return;
  for (const key of keys ?? []) {
    const value = labels[key];
    if (value === undefined) continue;
    selector.matchExpressions ??= [];
    selector.matchExpressions.push({ key, operator, values: [value] });
  }
}
