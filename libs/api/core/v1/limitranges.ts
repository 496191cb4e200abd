/** LimitRanges: what containers, pods and claims of a namespace may ask for. */
import type { LimitRange, LimitRangeItem } from "#proto/gen/k8s/core/v1.ts";
import { duplicate, forbidden, invalid, required, type FieldError } from "../../errors.ts";
import {
  isOvercommitAllowed,
  validateContainerResourceName,
  validateResourceName,
} from "../../podtemplate/resources.ts";
import { defaultColumns } from "../../printing.ts";
import { defineResource } from "../../resource.ts";
import { qualifiedNameField } from "../../validation/fields.ts";
import { canonicalQuantity, compareQuantities } from "../../quantity.ts";
import { quantityNumber } from "../../validation/quantities.ts";
import { everyVerb } from "../../verbs.ts";
import { ownValue } from "../../own.ts";

export const limitranges = defineResource<LimitRange>({
  group: "",
  version: "v1",
  kind: "LimitRange",
  plural: "limitranges",
  singular: "limitrange",
  shortNames: ["limits"],
  categories: [],
  scope: "Namespaced",
  verbs: everyVerb,
  message: "k8s.core.v1.LimitRange",
  storageVersionHash: "EBKMFVe6cwo=",
  countsGeneration: false,
  createOnUpdate: true,
  unconditionalUpdate: true,
  confidential: false,
  ttlSeconds: 0,
  defaults: ({ spec }) => spec?.limits?.forEach(defaultLimits),
  validate: ({ spec }) => {
    const limits = spec?.limits ?? [];
    return limits.flatMap((limit, index) => validateLimit(limit, index, limits));
  },
  nameRule: "dnsSubdomain",
  subresources: [],
  printColumns: defaultColumns,
  fieldSelectors: {},
  defaultPropagation: "background",
});

/** A container's default limit is its maximum; its default request is that, or the minimum. */
function defaultLimits(limit: LimitRangeItem): void {
  if (limit.type !== "Container") return;
  limit.default = { ...limit.max, ...limit.default };
  limit.defaultRequest = { ...limit.min, ...limit.default, ...limit.defaultRequest };
}

type Amounts = Readonly<Record<string, string>>;

function validateLimit(
  limit: LimitRangeItem,
  index: number,
  limits: readonly LimitRangeItem[],
): FieldError[] {
  const path = `spec.limits[${index}]`;
  const { type = "", min = {}, max = {}, maxLimitRequestRatio: ratio = {} } = limit;
  const isPod = type === "Pod";
  const given = limit.default ?? {};
  const asked = limit.defaultRequest ?? {};
  const errors = validateType(type, `${path}.type`);
  if (limits.findIndex((other) => other.type === type) < index) {
    errors.push(duplicate(`${path}.type`, type));
  }
  const names = (amounts: Amounts, field: string) =>
    Object.keys(amounts).flatMap((name) => validateName(type, name, `${path}.${field}[${name}]`));
  errors.push(...names(max, "max"), ...names(min, "min"));
  if (isPod) errors.push(...refuseDefaults(given, asked, path));
  else errors.push(...names(given, "default"), ...names(asked, "defaultRequest"));
  const isSized = min["storage"] !== undefined || max["storage"] !== undefined;
  if (type === "PersistentVolumeClaim" && !isSized) {
    const detail = "either minimum or maximum storage value is required, but neither was provided";
    errors.push(required(`${path}.limits`, detail));
  }
  errors.push(...names(ratio, "maxLimitRequestRatio"));
  const defaults = isPod ? {} : { given, asked };
  const all = { min, max, ratio, given: {}, asked: {}, ...defaults };
  const keys = new Set(Object.values(all).flatMap((amounts) => Object.keys(amounts)));
  return [...errors, ...[...keys].sort().flatMap((name) => validateOrder(name, all, path))];
}

const types = ["Pod", "Container", "PersistentVolumeClaim"];

function validateType(type: string, path: string): FieldError[] {
  const errors = qualifiedNameField(path, type);
  if (errors.length > 0 || type.includes("/") || types.includes(type)) return errors;
  return [invalid(path, type, "must be a standard limit type or fully qualified")];
}

function validateName(type: string, name: string, path: string): FieldError[] {
  if (type === "Pod" || type === "Container") return validateContainerResourceName(name, path);
  return validateResourceName(name, path);
}

function refuseDefaults(given: Amounts, asked: Amounts, path: string): FieldError[] {
  const detail = "may not be specified when `type` is 'Pod'";
  return [
    ...(Object.keys(given).length > 0 ? [forbidden(`${path}.default`, detail)] : []),
    ...(Object.keys(asked).length > 0 ? [forbidden(`${path}.defaultRequest`, detail)] : []),
  ];
}

interface Limits {
  readonly min: Amounts;
  readonly max: Amounts;
  readonly given: Amounts;
  readonly asked: Amounts;
  readonly ratio: Amounts;
}

/** min ≤ default request ≤ default ≤ max, for one kind of thing. */
function validateOrder(name: string, limits: Limits, path: string): FieldError[] {
  const [min, max] = [ownValue(limits.min, name), ownValue(limits.max, name)];
  const [given, asked] = [ownValue(limits.given, name), ownValue(limits.asked, name)];
  const errors: FieldError[] = [];
  const order = (
    [field, value]: readonly [string, string | undefined],
    [lesser, less]: readonly [string, string | undefined],
    [greater, great]: readonly [string, string | undefined],
  ) => {
    if (value === undefined || less === undefined || great === undefined) return;
    if (compareQuantities(less, great) <= 0) return;
    const [small, large] = [canonicalQuantity(less), canonicalQuantity(great)];
    const detail = `${lesser} value ${small} is greater than ${greater} value ${large}`;
    errors.push(invalid(`${path}.${field}[${name}]`, canonicalQuantity(value), detail));
  };
  order(["min", min], ["min", min], ["max", max]);
  order(["defaultRequest", asked], ["min", min], ["default request", asked]);
  order(["defaultRequest", asked], ["default request", asked], ["max", max]);
  order(["defaultRequest", asked], ["default request", asked], ["default limit", given]);
  // The next two show the bound instead of the value, as Kubernetes does.
  order(["default", min], ["min", min], ["default", given]);
  order(["default", max], ["default", given], ["max", max]);
  errors.push(...validateRatio(name, limits, path));
  if (isOvercommitAllowed(name) || given === undefined || asked === undefined) return errors;
  if (compareQuantities(given, asked) === 0) return errors;
  const detail = `default value ${given} must equal to defaultRequest value ${asked} in ${name}`;
  return [...errors, invalid(`${path}.defaultRequest[${name}]`, asked, detail)];
}

function validateRatio(name: string, { min, max, ratio }: Limits, path: string): FieldError[] {
  const text = ownValue(ratio, name);
  if (text === undefined) return [];
  const at = `${path}.maxLimitRequestRatio[${name}]`;
  const shown = canonicalQuantity(text);
  const errors: FieldError[] = [];
  if (compareQuantities(text, "1") < 0) {
    errors.push(invalid(at, shown, `ratio ${shown} is less than 1`));
  }
  const [least, most] = [ownValue(min, name), ownValue(max, name)];
  if (least === undefined || most === undefined) return errors;
  const bound = quantityNumber(most) / quantityNumber(least);
  if (quantityNumber(text) <= bound) return errors;
  const detail = `ratio ${shown} is greater than max/min = ${bound.toFixed(6)}`;
  return [...errors, invalid(at, shown, detail)];
}
