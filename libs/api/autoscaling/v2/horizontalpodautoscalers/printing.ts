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
      return valueText(metric.external?.target, status?.external);
    case "Object":
      return valueText(metric.object?.target, status?.object);
    case "Pods": {
      const current = reported(status?.pods, "averageValue");
      return `${current}/${metric.pods?.target?.averageValue ?? "<nil>"}`;
    }
    case "Resource":
      return resourceText(metric.resource, status?.resource);
    case "ContainerResource":
      return resourceText(metric.containerResource, status?.containerResource);
    default:
      return "<unknown type>";
  }
}

interface Reported {
  readonly current?: MetricValueStatus;
}

/** A report without the value is not the same as no report. */
const reported = (report: Reported | undefined, field: "value" | "averageValue"): string =>
  report === undefined ? "<unknown>" : (report.current?.[field] ?? "<nil>");

function valueText(target: MetricTarget = {}, report: Reported | undefined): string {
  if (target.averageValue !== undefined) {
    return `${report?.current?.averageValue ?? "<unknown>"}/${target.averageValue} (avg)`;
  }
  return `${reported(report, "value")}/${target.value ?? "<nil>"}`;
}

interface Resource {
  readonly name?: string;
  readonly target?: MetricTarget;
}

function resourceText(
  { name = "", target = {} }: Resource = {},
  report: Reported | undefined,
): string {
  if (target.averageValue !== undefined) {
    return `${name}: ${reported(report, "averageValue")}/${target.averageValue}`;
  }
  const percent = (value: number | undefined, none: string) =>
    value === undefined ? none : `${value}%`;
  const now = percent(report?.current?.averageUtilization, "<unknown>");
  return `${name}: ${now}/${percent(target.averageUtilization, "<auto>")}`;
}
