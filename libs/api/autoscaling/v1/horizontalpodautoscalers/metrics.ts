/** Metrics in the form that annotations of autoscaling/v1 hold, and back. */
import type * as v1 from "#proto/gen/k8s/autoscaling/v1.ts";
import type * as v2 from "#proto/gen/k8s/autoscaling/v2.ts";

/** Without fields that have no value. */
function given<T extends object>(fields: { readonly [Key in keyof T]: T[Key] | undefined }): T {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as T;
}

export function oldMetric(metric: v2.MetricSpec): v1.MetricSpec {
  const { type, object, pods, resource, containerResource, external } = metric;
  return given<v1.MetricSpec>({
    type,
    object: object && oldObject(object),
    pods: pods && {
      ...oldNames(pods.metric),
      ...given({ targetAverageValue: pods.target?.averageValue }),
    },
    resource: resource && oldAmount(resource),
    containerResource: containerResource && {
      ...oldAmount(containerResource),
      ...given({ container: containerResource.container }),
    },
    external:
      external &&
      given<v1.ExternalMetricSource>({
        metricName: external.metric?.name,
        metricSelector: external.metric?.selector,
        targetValue: external.target?.value,
        targetAverageValue: external.target?.averageValue,
      }),
  });
}

const oldNames = (metric: v2.MetricIdentifier | undefined) =>
  given({ metricName: metric?.name, selector: metric?.selector });

const oldObject = ({ describedObject, metric, target }: v2.ObjectMetricSource) =>
  given<v1.ObjectMetricSource>({
    target: describedObject ?? {},
    ...oldNames(metric),
    targetValue: target?.value,
    averageValue: target?.averageValue,
  });

const oldAmount = ({ name, target }: v2.ResourceMetricSource) =>
  given<v1.ResourceMetricSource>({
    name,
    targetAverageUtilization: target?.averageUtilization,
    targetAverageValue: target?.averageValue,
  });

export function newMetric(metric: v1.MetricSpec): v2.MetricSpec {
  const { type, object, pods, resource, containerResource, external } = metric;
  return given<v2.MetricSpec>({
    type,
    object: object && newObject(object),
    pods: pods && {
      metric: newNames(pods),
      target: given<v2.MetricTarget>({
        type: "AverageValue",
        averageValue: pods.targetAverageValue,
      }),
    },
    resource: resource && newAmount(resource),
    containerResource: containerResource && {
      ...newAmount(containerResource),
      ...given({ container: containerResource.container }),
    },
    external: external && newExternal(external),
  });
}

const newNames = ({ metricName, selector }: v1.PodsMetricSource) =>
  given<v2.MetricIdentifier>({ name: metricName, selector });

function newObject(source: v1.ObjectMetricSource): v2.ObjectMetricSource {
  const { target = {}, targetValue, averageValue } = source;
  // There is no way to leave the value out: beside an average, nothing means none.
  const hasValue = averageValue === undefined || targetValue !== "0";
  return {
    describedObject: target,
    metric: newNames(source),
    target: given<v2.MetricTarget>({
      type: averageValue === undefined ? "Value" : "AverageValue",
      value: hasValue ? targetValue : undefined,
      averageValue,
    }),
  };
}

function newAmount(source: v1.ResourceMetricSource): v2.ResourceMetricSource {
  const { name, targetAverageUtilization, targetAverageValue } = source;
  const target = given<v2.MetricTarget>({
    type: targetAverageUtilization === undefined ? "AverageValue" : "Utilization",
    averageUtilization: targetAverageUtilization,
    averageValue: targetAverageValue,
  });
  return { ...given({ name }), target };
}

function newExternal(source: v1.ExternalMetricSource): v2.ExternalMetricSource {
  const { metricName, metricSelector, targetValue, targetAverageValue } = source;
  return {
    metric: given<v2.MetricIdentifier>({ name: metricName, selector: metricSelector }),
    target: given<v2.MetricTarget>({
      type: targetValue === undefined ? "AverageValue" : "Value",
      value: targetValue,
      averageValue: targetAverageValue,
    }),
  };
}

export function oldStatus(status: v2.MetricStatus): v1.MetricStatus {
  const { type, object, pods, resource, containerResource, external } = status;
  return given<v1.MetricStatus>({
    type,
    object:
      object &&
      given<v1.ObjectMetricStatus>({
        target: object.describedObject ?? {},
        ...oldNames(object.metric),
        currentValue: object.current?.value,
        averageValue: object.current?.averageValue,
      }),
    pods: pods && {
      ...oldNames(pods.metric),
      ...given({ currentAverageValue: pods.current?.averageValue }),
    },
    resource: resource && oldCurrent(resource),
    containerResource: containerResource && {
      ...oldCurrent(containerResource),
      ...given({ container: containerResource.container }),
    },
    external:
      external &&
      given<v1.ExternalMetricStatus>({
        metricName: external.metric?.name,
        metricSelector: external.metric?.selector,
        currentValue: external.current?.value,
        currentAverageValue: external.current?.averageValue,
      }),
  });
}

const oldCurrent = ({ name, current }: v2.ResourceMetricStatus) =>
  given<v1.ResourceMetricStatus>({
    name,
    currentAverageUtilization: current?.averageUtilization,
    currentAverageValue: current?.averageValue,
  });

export function newStatus(status: v1.MetricStatus): v2.MetricStatus {
  const { type, object, pods, resource, containerResource, external } = status;
  const value = (raw: string | undefined, average: string | undefined) =>
    given<v2.MetricValueStatus>({ value: raw, averageValue: average });
  return given<v2.MetricStatus>({
    type,
    object: object && {
      describedObject: object.target ?? {},
      metric: newNames(object),
      current: value(object.currentValue, object.averageValue),
    },
    pods: pods && {
      metric: newNames(pods),
      current: value(undefined, pods.currentAverageValue),
    },
    resource: resource && newCurrent(resource),
    containerResource: containerResource && {
      ...newCurrent(containerResource),
      ...given({ container: containerResource.container }),
    },
    external: external && {
      metric: given<v2.MetricIdentifier>({
        name: external.metricName,
        selector: external.metricSelector,
      }),
      current: value(external.currentValue, external.currentAverageValue),
    },
  });
}

function newCurrent(source: v1.ResourceMetricStatus): v2.ResourceMetricStatus {
  const { name, currentAverageUtilization, currentAverageValue } = source;
  const current = given<v2.MetricValueStatus>({
    averageUtilization: currentAverageUtilization,
    averageValue: currentAverageValue,
  });
  return { ...given({ name }), current };
}
