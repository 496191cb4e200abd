/** What autoscalers may ask for (Kubernetes: pkg/apis/autoscaling/validation). */
import type {
  HorizontalPodAutoscalerSpec,
  HPAScalingPolicy,
  HPAScalingRules,
} from "#proto/gen/k8s/autoscaling/v2.ts";
import { invalid, notSupported, required, type FieldError } from "../../../errors.ts";
import { isNegativeQuantity } from "../../../validation/quantities.ts";
import { validateMetrics } from "./metrics.ts";
import { validateTarget } from "./references.ts";

const windowSecondsMax = 3600;
const periodSecondsMax = 1800;
const selectPolicies = ["Disabled", "Max", "Min"];
const policyTypes = ["Percent", "Pods"];

/** `old` is the spec before an update: what it has already may stay. */
export function validateAutoscaler(
  spec: HorizontalPodAutoscalerSpec,
  old: HorizontalPodAutoscalerSpec | undefined,
): FieldError[] {
  const { minReplicas, maxReplicas = 0, scaleTargetRef = {}, metrics, behavior } = spec;
  const replicasMin = old?.minReplicas === 0 ? 0 : 1;
  const errors: FieldError[] = [];
  if (minReplicas !== undefined && minReplicas < replicasMin) {
    const detail = `must be greater than or equal to ${replicasMin}`;
    errors.push(invalid("spec.minReplicas", minReplicas, detail));
  }
  const path = "spec.maxReplicas";
  if (maxReplicas === 0) errors.push(required(path, "must be set and greater than 0"));
  if (maxReplicas < 0) {
    errors.push(invalid(path, maxReplicas, "must be greater than or equal to 1"));
  }
  if (minReplicas !== undefined && maxReplicas < minReplicas) {
    const detail = "must be greater than or equal to `minReplicas`";
    errors.push(invalid(path, maxReplicas, detail));
  }
  return [
    ...errors,
    ...validateTarget(scaleTargetRef, old?.scaleTargetRef, "spec.scaleTargetRef"),
    ...validateMetrics(metrics ?? [], minReplicas, "spec.metrics"),
    ...validateRules(behavior?.scaleUp, "spec.behavior.scaleUp"),
    ...validateRules(behavior?.scaleDown, "spec.behavior.scaleDown"),
  ];
}

function validateRules(rules: HPAScalingRules | undefined, path: string): FieldError[] {
  if (rules === undefined) return [];
  const { stabilizationWindowSeconds: seconds = 0, selectPolicy, tolerance } = rules;
  const policies = rules.policies ?? [];
  const errors: FieldError[] = [];
  const windowAt = `${path}.stabilizationWindowSeconds`;
  if (seconds < 0) {
    errors.push(invalid(windowAt, seconds, "must be greater than or equal to zero"));
  }
  if (seconds > windowSecondsMax) {
    errors.push(invalid(windowAt, seconds, `must be less than or equal to ${windowSecondsMax}`));
  }
  if (selectPolicy !== undefined && !selectPolicies.includes(selectPolicy)) {
    errors.push(notSupported(`${path}.selectPolicy`, selectPolicy, selectPolicies));
  }
  const at = `${path}.policies`;
  if (policies.length === 0) errors.push(required(at, "must specify at least one Policy"));
  errors.push(...policies.flatMap((policy, index) => validatePolicy(policy, `${at}[${index}]`)));
  if (tolerance === undefined || !isNegativeQuantity(tolerance)) return errors;
  const detail = "must be greater than or equal to 0";
  return [...errors, invalid(`${path}.tolerance`, tolerance, detail)];
}

function validatePolicy(
  { type = "", value = 0, periodSeconds = 0 }: HPAScalingPolicy,
  path: string,
): FieldError[] {
  const errors: FieldError[] = [];
  const positive = "must be greater than zero";
  if (!policyTypes.includes(type)) errors.push(notSupported(`${path}.type`, type, policyTypes));
  if (value <= 0) errors.push(invalid(`${path}.value`, value, positive));
  const at = `${path}.periodSeconds`;
  if (periodSeconds <= 0) errors.push(invalid(at, periodSeconds, positive));
  if (periodSeconds <= periodSecondsMax) return errors;
  const detail = `must be less than or equal to ${periodSecondsMax}`;
  return [...errors, invalid(at, periodSeconds, detail)];
}
