/** What an autoscaler measures (Kubernetes: pkg/apis/autoscaling/validation). */
import type {
  ContainerResourceMetricSource,
  ExternalMetricSource,
  MetricIdentifier,
  MetricSpec,
  MetricTarget,
  ObjectMetricSource,
  PodsMetricSource,
  ResourceMetricSource,
} from "#proto/gen/k8s/autoscaling/v2.ts";
import { forbidden, invalid, notSupported, required, type FieldError } from "../../../errors.ts";
import { pathSegmentErrors } from "../../../names.ts";
import { validateContainerResourceName } from "../../../podtemplate/resources.ts";
import { dnsLabelField, invalidFor } from "../../../validation/fields.ts";
import { isPositiveQuantity } from "../../../validation/quantities.ts";
import { validateDescribed } from "./references.ts";

/** Field of a source by the word for it. */
const sources = {
  Object: "object",
  External: "external",
  Pods: "pods",
  Resource: "resource",
  ContainerResource: "containerResource",
} as const;
type Source = (typeof sources)[keyof typeof sources];
const words = Object.keys(sources).sort();

export function validateMetrics(
  metrics: readonly MetricSpec[],
  replicasMin: number | undefined,
  path: string,
): FieldError[] {
  const errors = metrics.flatMap((metric, index) => validateMetric(metric, `${path}[${index}]`));
  const seesLoad = metrics.some(({ type }) => type === "Object" || type === "External");
  if (replicasMin !== 0 || seesLoad) return errors;
  const detail =
    "must specify at least one Object or External metric to support scaling to zero replicas";
  return [...errors, forbidden(path, detail)];
}

function validateMetric(metric: MetricSpec, path: string): FieldError[] {
  const { type = "" } = metric;
  const errors: FieldError[] = [];
  const unknown = words.includes(type) ? [] : [notSupported(`${path}.type`, type, words)];
  if (type === "") errors.push(required(`${path}.type`, "must specify a metric source type"));
  errors.push(...unknown);
  const present = Object.values(sources).filter((source) => metric[source] !== undefined);
  // Of several sources the first is looked at.
  const [first] = present;
  if (first !== undefined) errors.push(...validateSource(metric, first, `${path}.${first}`));
  const wanted = (sources as Readonly<Record<string, Source>>)[type];
  if (wanted !== undefined && metric[wanted] === undefined) {
    const detail = "must populate information for the given metric source";
    errors.push(required(`${path}.${wanted}`, detail));
  }
  errors.push(...unknown);
  if (present.length < 2) return errors;
  const others = present.filter((source) => source !== wanted).sort();
  const detail = "must populate the given metric source only";
  return [...errors, ...others.map((source) => forbidden(`${path}.${source}`, detail))];
}

function validateSource(metric: MetricSpec, source: Source, path: string): FieldError[] {
  switch (source) {
    case "object":
      return validateObject(metric.object ?? {}, path);
    case "external":
      return validateExternal(metric.external ?? {}, path);
    case "pods":
      return validatePods(metric.pods ?? {}, path);
    case "resource":
      return validateResource(metric.resource ?? {}, path);
    case "containerResource":
      return validateContainerResource(metric.containerResource ?? {}, path);
  }
}

function validateObject(
  { describedObject = {}, metric = {}, target = {} }: ObjectMetricSource,
  path: string,
): FieldError[] {
  const errors = [
    ...validateDescribed(describedObject, `${path}.describedObject`),
    ...validateIdentifier(metric, `${path}.metric`),
    ...validateTarget(target, `${path}.target`),
  ];
  if (target.value !== undefined || target.averageValue !== undefined) return errors;
  const detail = "must set either a target value or averageValue";
  return [...errors, required(`${path}.target.averageValue`, detail)];
}

function validateExternal(
  { metric = {}, target = {} }: ExternalMetricSource,
  path: string,
): FieldError[] {
  const errors = [
    ...validateIdentifier(metric, `${path}.metric`),
    ...validateTarget(target, `${path}.target`),
  ];
  const { value, averageValue } = target;
  if (value === undefined && averageValue === undefined) {
    const detail = "must set either a target value for metric or a per-pod target";
    errors.push(required(`${path}.target.averageValue`, detail));
  }
  if (value !== undefined && averageValue !== undefined) {
    const detail = "may not set both a target value for metric and a per-pod target";
    errors.push(forbidden(`${path}.target.value`, detail));
  }
  return errors;
}

function validatePods({ metric = {}, target = {} }: PodsMetricSource, path: string): FieldError[] {
  const errors = [
    ...validateIdentifier(metric, `${path}.metric`),
    ...validateTarget(target, `${path}.target`),
  ];
  if (target.averageValue !== undefined) return errors;
  const detail = "must specify a positive target averageValue";
  return [...errors, required(`${path}.target.averageValue`, detail)];
}

const nameless = (path: string) => required(`${path}.name`, "must specify a resource name");

function validateResource(
  { name = "", target = {} }: ResourceMetricSource,
  path: string,
): FieldError[] {
  return [...(name === "" ? [nameless(path)] : []), ...validateAmount(target, path)];
}

function validateContainerResource(
  { name = "", container = "", target = {} }: ContainerResourceMetricSource,
  path: string,
): FieldError[] {
  const at = `${path}.container`;
  return [
    ...(name === "" ? [nameless(path)] : validateContainerResourceName(name, `${path}.name`)),
    ...(container === ""
      ? [required(at, "must specify a container")]
      : dnsLabelField(at, container)),
    ...validateAmount(target, path),
  ];
}

/** Of a resource: raw, or in percent of what pods ask for. */
function validateAmount(target: MetricTarget, path: string): FieldError[] {
  const { averageUtilization, averageValue } = target;
  const errors = validateTarget(target, `${path}.target`);
  if (averageUtilization === undefined && averageValue === undefined) {
    const detail = "must set either a target raw value or a target utilization";
    errors.push(required(`${path}.target.averageUtilization`, detail));
  }
  if (averageUtilization !== undefined && averageValue !== undefined) {
    const detail = "may not set both a target raw value and a target utilization";
    errors.push(forbidden(`${path}.target.averageValue`, detail));
  }
  return errors;
}

const targetTypes = ["Utilization", "Value", "AverageValue"];

function validateTarget(target: MetricTarget, path: string): FieldError[] {
  const { type = "", averageUtilization } = target;
  const errors: FieldError[] = [];
  if (type === "") errors.push(required(`${path}.type`, "must specify a metric target type"));
  if (!targetTypes.includes(type)) {
    const detail = "must be either Utilization, Value, or AverageValue";
    errors.push(invalid(`${path}.type`, type, detail));
  }
  for (const field of ["value", "averageValue"] as const) {
    const quantity = target[field];
    if (quantity === undefined || isPositiveQuantity(quantity)) continue;
    errors.push(invalid(`${path}.${field}`, quantity, "must be positive"));
  }
  if (averageUtilization === undefined || averageUtilization >= 1) return errors;
  const detail = "must be greater than 0";
  return [...errors, invalid(`${path}.averageUtilization`, averageUtilization, detail)];
}

function validateIdentifier({ name = "" }: MetricIdentifier, path: string): FieldError[] {
  const at = `${path}.name`;
  if (name === "") return [required(at, "must specify a metric name")];
  return invalidFor(at, name, pathSegmentErrors(name));
}
