/**
 * autoscaling/v1 ⇄ v2 (Kubernetes: pkg/apis/autoscaling/v1/conversion.go). What v1 has no field
 * for travels in annotations; those that do not parse are dropped.
 */
import { readObject, schemaOf } from "#libs/schema/index.ts";
import type * as v1 from "#proto/gen/k8s/autoscaling/v1.ts";
import type * as v2 from "#proto/gen/k8s/autoscaling/v2.ts";
import type { ObjectMeta } from "#proto/gen/k8s/meta/v1.ts";
import { goName, goStruct } from "../../../goform.ts";
import { goJson } from "../../../gotext.ts";
import { cpuMetric } from "../../v2/horizontalpodautoscalers/defaults.ts";
import { newMetric, newStatus, oldMetric, oldStatus } from "./metrics.ts";

const metricsKey = "autoscaling.alpha.kubernetes.io/metrics";
const statusesKey = "autoscaling.alpha.kubernetes.io/current-metrics";
const conditionsKey = "autoscaling.alpha.kubernetes.io/conditions";
const behaviorKey = "autoscaling.alpha.kubernetes.io/behavior";
const ownKeys: ReadonlySet<string> = new Set([metricsKey, statusesKey, conditionsKey, behaviorKey]);

const isCpu = (resource: { readonly name?: string } | undefined): boolean =>
  resource?.name === "cpu";

export function fromStored(autoscaler: v2.HorizontalPodAutoscaler): v1.HorizontalPodAutoscaler {
  const { metadata, spec = {}, status = {} } = autoscaler;
  const { metrics, behavior, ...kept } = spec;
  const { currentMetrics, conditions, ...keptStatus } = status;
  const target = (metrics ?? []).find(
    ({ type, resource }) => type === "Resource" && isCpu(resource),
  );
  const percent = target?.resource?.target?.averageUtilization;
  const current = (currentMetrics ?? []).findLast(
    ({ type, resource }) =>
      type === "Resource" && isCpu(resource) && resource?.current?.averageUtilization !== undefined,
  );
  const currentPercent = current?.resource?.current?.averageUtilization;
  const others = (metrics ?? []).filter(
    ({ type, resource }) =>
      type !== "Resource" || !isCpu(resource) || resource?.target?.averageUtilization === undefined,
  );
  const annotations = {
    ...foreign(metadata?.annotations),
    ...written(metricsKey, "MetricSpec", others.map(oldMetric)),
    ...written(statusesKey, "MetricStatus", (currentMetrics ?? []).map(oldStatus)),
    ...written(conditionsKey, "HorizontalPodAutoscalerCondition", conditions ?? []),
    ...(behavior === undefined ? {} : { [behaviorKey]: behaviorText(behavior) }),
  };
  return {
    ...autoscaler,
    apiVersion: "autoscaling/v1",
    ...withAnnotations(metadata, annotations),
    spec: {
      ...kept,
      ...(percent === undefined ? {} : { targetCPUUtilizationPercentage: percent }),
    },
    status: {
      currentReplicas: 0,
      ...keptStatus,
      ...(currentPercent === undefined ? {} : { currentCPUUtilizationPercentage: currentPercent }),
    },
  };
}

export function toStored(autoscaler: v1.HorizontalPodAutoscaler): v2.HorizontalPodAutoscaler {
  const { metadata, spec = {}, status = {} } = autoscaler;
  const { targetCPUUtilizationPercentage: percent, ...kept } = spec;
  const { currentCPUUtilizationPercentage: currentPercent, ...keptStatus } = status;
  const { annotations = {} } = metadata ?? {};
  const own = percent === undefined ? [] : [cpuMetric(percent)];
  const metrics = [
    ...(readList<v1.MetricSpec>(annotations[metricsKey], "MetricSpec") ?? []).map(newMetric),
    ...own,
  ];
  const statuses = readList<v1.MetricStatus>(annotations[statusesKey], "MetricStatus");
  const currentMetrics = statuses?.map(newStatus) ?? cpuStatus(currentPercent);
  const conditions = readList<v2.HorizontalPodAutoscalerCondition>(
    annotations[conditionsKey],
    "HorizontalPodAutoscalerCondition",
  );
  const behavior = readBehavior(annotations[behaviorKey]);
  return {
    ...autoscaler,
    apiVersion: "autoscaling/v2",
    ...withAnnotations(metadata, foreign(annotations)),
    spec: {
      ...kept,
      metrics: metrics.length > 0 ? metrics : [cpuMetric()],
      ...(behavior === undefined ? {} : { behavior }),
    },
    status: {
      ...keptStatus,
      ...(currentMetrics === undefined ? {} : { currentMetrics }),
      ...(conditions === undefined ? {} : { conditions }),
    },
  };
}

function cpuStatus(percent: number | undefined): v2.MetricStatus[] | undefined {
  if (percent === undefined) return undefined;
  const current = { averageUtilization: percent };
  return [{ type: "Resource", resource: { name: "cpu", current } }];
}

type Annotations = Readonly<Record<string, string>>;

const foreign = (annotations: Annotations | undefined): Record<string, string> =>
  Object.fromEntries(Object.entries(annotations ?? {}).filter(([key]) => !ownKeys.has(key)));

function withAnnotations(
  metadata: ObjectMeta | undefined,
  annotations: Record<string, string>,
): { metadata?: ObjectMeta } {
  if (metadata === undefined) return {};
  const { annotations: _annotations, ...rest } = metadata;
  const hasSome = Object.keys(annotations).length > 0;
  return { metadata: hasSome ? { ...rest, annotations } : rest };
}

const oldSchema = (name: string) => schemaOf(`k8s.autoscaling.v1.${name}`);

function written(key: string, message: string, items: readonly object[]): Annotations {
  if (items.length === 0) return {};
  const schema = oldSchema(message);
  return { [key]: goJson(items.map((item) => readObject(schema, item).object)) };
}

/** Undefined for no list of such things. */
function readList<T>(text: string | undefined, message: string): T[] | undefined {
  const value = parsed(text);
  if (!Array.isArray(value)) return undefined;
  try {
    return value.map((item) => readObject(oldSchema(message), item).object as T);
  } catch {
    return undefined;
  }
}

function parsed(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const behaviorSchema = () => schemaOf("k8s.autoscaling.v2.HorizontalPodAutoscalerBehavior");

/** Kubernetes writes the internal type here, whose fields have Go's names. */
function behaviorText(behavior: v2.HorizontalPodAutoscalerBehavior): string {
  const { ScaleUp, ScaleDown } = goStruct(behavior, behaviorSchema());
  const shown = {
    ScaleUp: behavior.scaleUp === undefined ? null : ScaleUp,
    ScaleDown: behavior.scaleDown === undefined ? null : ScaleDown,
  };
  return goJson(shown);
}

function readBehavior(text: string | undefined): v2.HorizontalPodAutoscalerBehavior | undefined {
  const value = parsed(text);
  if (typeof value !== "object" || value === null) return undefined;
  try {
    const { object } = readObject(behaviorSchema(), uncapitalized(value));
    return Object.keys(object).length === 0 ? undefined : object;
  } catch {
    return undefined;
  }
}

const fieldNames: ReadonlyMap<string, string> = new Map(
  ["scaleUp", "scaleDown", "stabilizationWindowSeconds", "selectPolicy", "policies", "tolerance"]
    .concat(["type", "value", "periodSeconds"])
    .map((name) => [goName(name).toLowerCase(), name]),
);

/** Go finds fields in whatever case they are written. */
function uncapitalized(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(uncapitalized);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [
    fieldNames.get(key.toLowerCase()) ?? key,
    uncapitalized(item),
  ]);
  return Object.fromEntries(entries);
}
