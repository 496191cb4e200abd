/** Targets in the row of an autoscaler (Kubernetes: pkg/printers formatHPAMetrics). */
import type {
  HorizontalPodAutoscaler,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
} from "#proto/gen/k8s/autoscaling/v2.ts";

const metricsShownMax = 2;

export function metricsText({ spec, status }: HorizontalPodAutoscaler): string {
  const metrics = spec?.metrics ?? [];
  if (metrics.length === 0) return "<none>";
  const texts = metrics.map((metric, index) => metricText(metric, status?.currentMetrics?.[index]));
  const shown = texts.slice(0, metricsShownMax).join(", ");
  const more = texts.length - metricsShownMax;
  return more > 0 ? `${shown} + ${more} more...` : shown;
}

function metricText(metric: MetricSpec, status: MetricStatus | undefined): string {
  switch (metric.type) {
    case "External":
      return valueText(metric.external?.target, status?.external?.current);
    case "Object":
      return valueText(metric.object?.target, status?.object?.current);
    case "Pods": {
      const current = status?.pods?.current?.averageValue ?? "<unknown>";
      return `${current}/${metric.pods?.target?.averageValue ?? "<nil>"}`;
    }
    case "Resource":
      return resourceText(metric.resource, status?.resource?.current);
    case "ContainerResource":
      return resourceText(metric.containerResource, status?.containerResource?.current);
    default:
      return "<unknown type>";
  }
}

function valueText(target: MetricTarget = {}, current: MetricValueStatus = {}): string {
  if (target.averageValue !== undefined) {
    return `${current.averageValue ?? "<unknown>"}/${target.averageValue} (avg)`;
  }
  return `${current.value ?? "<unknown>"}/${target.value ?? "<nil>"}`;
}

interface Resource {
  readonly name?: string;
  readonly target?: MetricTarget;
}

function resourceText(
  { name = "", target = {} }: Resource = {},
  current: MetricValueStatus = {},
): string {
  if (target.averageValue !== undefined) {
    return `${name}: ${current.averageValue ?? "<unknown>"}/${target.averageValue}`;
  }
  const percent = (value: number | undefined, none: string) =>
    value === undefined ? none : `${value}%`;
  const now = percent(current.averageUtilization, "<unknown>");
  return `${name}: ${now}/${percent(target.averageUtilization, "<auto>")}`;
}
