/** What is filled into autoscalers (Kubernetes: pkg/apis/autoscaling/v2/defaults.go). */
import type {
  HorizontalPodAutoscaler,
  HPAScalingRules,
  MetricSpec,
} from "#proto/gen/k8s/autoscaling/v2.ts";

const utilizationPercent = 80;

/** The metric of an autoscaler that names none; `percent` of the CPU that pods ask for. */
export const cpuMetric = (percent = utilizationPercent): MetricSpec => ({
  type: "Resource",
  resource: { name: "cpu", target: { type: "Utilization", averageUtilization: percent } },
});

export function setDefaults(autoscaler: HorizontalPodAutoscaler): void {
  autoscaler.spec ??= {};
  const { spec } = autoscaler;
  spec.minReplicas ??= 1;
  if ((spec.metrics ?? []).length === 0) spec.metrics = [cpuMetric()];
  if (spec.behavior === undefined) return;
  // Whoever says one rule gets the rest of both.
  spec.behavior.scaleUp = { ...scaleUpRules(), ...given(spec.behavior.scaleUp) };
  spec.behavior.scaleDown = { ...scaleDownRules(), ...given(spec.behavior.scaleDown) };
}

/** Decoding leaves null where Go has no list. */
function given(rules: HPAScalingRules | undefined): HPAScalingRules {
  const entries = Object.entries(rules ?? {});
  return Object.fromEntries(
    entries.filter(([, value]) => value !== undefined && value !== null),
  ) as HPAScalingRules;
}

const scaleUpRules = (): HPAScalingRules => ({
  stabilizationWindowSeconds: 0,
  selectPolicy: "Max",
  policies: [
    { type: "Pods", value: 4, periodSeconds: 15 },
    { type: "Percent", value: 100, periodSeconds: 15 },
  ],
});

/** Its window is the controller's to choose. */
const scaleDownRules = (): HPAScalingRules => ({
  selectPolicy: "Max",
  policies: [{ type: "Percent", value: 100, periodSeconds: 15 }],
});
