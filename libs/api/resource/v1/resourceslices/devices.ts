/** Validation of one device of a slice. */
import type {
  Device,
  DeviceAttribute,
  DeviceCapacity,
  DeviceCounterConsumption,
} from "#proto/gen/k8s/resource/v1.ts";
import {
  fieldNotFound,
  forbidden,
  invalid,
  required,
  tooLong,
  type FieldError,
} from "../../../errors.ts";
import { validateNodeSelector } from "../../../podtemplate/affinity.ts";
import { canonicalQuantity } from "../../../quantity.ts";
import { dnsLabelField, dnsSubdomainField } from "../../../validation/fields.ts";
import { isPositiveQuantity } from "../../../validation/quantities.ts";
import { validateBindingConditions } from "../bindingconditions.ts";
import { validateList, validateMap, validateSet } from "../lists.ts";
import { deviceNameField, qualifiedNameMax } from "../names.ts";
import { validateTaint } from "../taints.ts";
import { validatePolicy } from "./capacity.ts";
import { validateCounters } from "./counters.ts";

const propertiesMax = 32;
const valuesMax = 48;
const taintsMax = 16;
const consumptionsMax = 2;
const unbounded = { itemsMax: Number.POSITIVE_INFINITY, keyMax: qualifiedNameMax };

interface DeviceRules {
  /** Each device says where it is. */
  readonly isPerDevice: boolean;
  /** The taints are those that are stored. */
  readonly keepsTaints: boolean;
}

/** What is wrong with a device. */
export function validateDevice(device: Device, rules: DeviceRules, path: string): FieldError[] {
  const { attributes = {}, capacity = {}, taints } = device;
  const properties = Object.keys(attributes).length + Object.keys(capacity).length;
  const errors = dnsLabelField(`${path}.name`, device.name ?? "");
  if (properties > propertiesMax) {
    const what = "the total number of attributes and capacities";
    errors.push(invalid(path, properties, `${what} must not exceed ${propertiesMax}`));
  }
  const values = Object.values(attributes).reduce((sum, one) => sum + valuesIn(one), 0);
  if (values > valuesMax) {
    const detail = `the total number of attribute values must not exceed ${valuesMax}`;
    errors.push(invalid(path, values, detail));
  }
  const checkName = (name: string, at: string) => deviceNameField(at, name);
  const isShared = device.allowMultipleAllocations === true;
  return [
    ...errors,
    ...validateMap(attributes, unbounded, `${path}.attributes`, checkName, validateAttribute),
    ...validateMap(capacity, unbounded, `${path}.capacity`, checkName, (one, at) =>
      validateCapacity(one, isShared, at),
    ),
    ...(rules.keepsTaints ? [] : validateList(taints, taintsMax, `${path}.taints`, validateTaint)),
    ...validateSet(
      device.consumesCounters,
      consumptionsMax,
      `${path}.consumesCounters`,
      validateConsumption,
      ({ counterSet = "" }) => counterSet,
    ),
    ...validateNodes(device, rules.isPerDevice, path),
    ...validateBindingConditions(device, path),
    ...validateMappings(device, `${path}.nodeAllocatableResourceMappings`),
  ];
}

const listFields = ["bools", "ints", "strings", "versions"] as const;

/** Lists count as many values as they have; everything else counts one. */
function valuesIn(attribute: DeviceAttribute): number {
  const listed = listFields.reduce((sum, field) => sum + (attribute[field]?.length ?? 0), 0);
  return Math.max(listed, 1);
}

const valueBytesMax = 64;
const number = String.raw`(0|[1-9]\d*)`;
const preRelease = String.raw`(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)`;
const semver = new RegExp(
  String.raw`^${number}\.${number}\.${number}(-${preRelease}(\.${preRelease})*)?` +
    String.raw`(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?$`,
);

function validateAttribute(attribute: DeviceAttribute, path: string): FieldError[] {
  const { string: text, version, strings = [], versions = [] } = attribute;
  const given = [...(["bool", "int", "string", "version"] as const), ...listFields].filter(
    (field) => attribute[field] !== undefined,
  );
  const errors = [
    ...(text === undefined ? [] : textField(`${path}.string`, text)),
    ...(version === undefined ? [] : versionField(`${path}.version`, version)),
    ...listFields
      .filter((field) => attribute[field]?.length === 0)
      .map((field) => invalid(`${path}.${field}`, [], "must not be empty if specified")),
    ...strings.flatMap((item, index) => textField(`${path}.strings[${index}]`, item)),
    ...versions.flatMap((item, index) => versionField(`${path}.versions[${index}]`, item)),
  ];
  const detail = "exactly one value must be specified";
  if (given.length === 0) errors.push(invalid(path, "", detail));
  if (given.length > 1) errors.push(invalid(path, shownAttribute(attribute), detail));
  return errors;
}

/** As Go prints the internal type. */
const shownAttribute = (attribute: DeviceAttribute) => ({
  IntValue: attribute.int ?? null,
  BoolValue: attribute.bool ?? null,
  StringValue: attribute.string ?? null,
  VersionValue: attribute.version ?? null,
  IntValues: attribute.ints ?? null,
  BoolValues: attribute.bools ?? null,
  StringValues: attribute.strings ?? null,
  VersionValues: attribute.versions ?? null,
});

const textField = (path: string, text: string): FieldError[] =>
  Buffer.byteLength(text) > valueBytesMax ? [tooLong(path, valueBytesMax)] : [];

function versionField(path: string, version: string): FieldError[] {
  const detail = "must be a string compatible with semver.org spec 2.0.0";
  return [
    ...(semver.test(version) ? [] : [invalid(path, version, detail)]),
    ...textField(path, version),
  ];
}

function validateCapacity(
  { value = "0", requestPolicy }: DeviceCapacity,
  isShared: boolean,
  path: string,
): FieldError[] {
  if (requestPolicy === undefined) return [];
  const at = `${path}.requestPolicy`;
  if (!isShared) return [forbidden(at, "allowMultipleAllocations must be true")];
  return validatePolicy(value, requestPolicy, at);
}

function validateConsumption(consumption: DeviceCounterConsumption, path: string): FieldError[] {
  const { counterSet } = consumption;
  const at = `${path}.counterSet`;
  return [
    ...(counterSet ? dnsLabelField(at, counterSet) : [required(at, "")]),
    ...validateCounters(consumption.counters, `${path}.counters`),
  ];
}

const perDeviceText =
  "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when " +
  "`perDeviceNodeSelection` is set to true in the ResourceSlice spec";

function validateNodes(device: Device, isPerDevice: boolean, path: string): FieldError[] {
  const { nodeName, nodeSelector, allNodes } = device;
  const isGiven = [nodeName, nodeSelector, allNodes].some((value) => value !== undefined);
  if (!isPerDevice) {
    const detail =
      "`nodeName`, `nodeSelector` and `allNodes` can only be set if " +
      "`perDeviceNodeSelection` is set to true in the ResourceSlice spec";
    return isGiven ? [invalid(path, null, detail)] : [];
  }
  const errors: FieldError[] = [];
  const given: string[] = [];
  if (nodeName === "") errors.push(invalid(`${path}.nodeName`, nodeName, "must not be empty"));
  else if (nodeName !== undefined) {
    given.push("`nodeName`");
    errors.push(...dnsSubdomainField(`${path}.nodeName`, nodeName));
  }
  if (nodeSelector !== undefined) {
    given.push("`nodeSelector`");
    errors.push(...validateNodeSelector(nodeSelector, `${path}.nodeSelector`));
  }
  if (allNodes === true) given.push("`allNodes`");
  if (allNodes === false) {
    errors.push(invalid(`${path}.allNodes`, false, "must be either unset or set to true"));
  }
  if (given.length === 0) errors.push(required(path, perDeviceText));
  if (given.length > 1) errors.push(invalid(path, `{${given.join(", ")}}`, perDeviceText));
  return errors;
}

/** What of the node's own amounts a device takes. */
function validateMappings(device: Device, path: string): FieldError[] {
  const mappings = Object.entries(device.nodeAllocatableResourceMappings ?? {});
  return mappings.flatMap(([name, mapping]) => {
    const { allocationMultiplier: multiplier, capacityKey } = mapping;
    const at = `${path}[${name}]`;
    const errors: FieldError[] = [];
    if (name.includes("/") && !/(^|\.)kubernetes\.io\//.test(name)) {
      errors.push(invalid(at, name, "must be a node allocatable resource name"));
    }
    if (multiplier === undefined && capacityKey === undefined) {
      const detail = "at least one of allocationMultiplier or capacityKey must be set";
      return [...errors, invalid(at, "", detail)];
    }
    if (multiplier !== undefined && !isPositiveQuantity(multiplier)) {
      const shown = canonicalQuantity(multiplier);
      errors.push(invalid(`${at}.allocationMultiplier`, shown, "must be positive"));
    }
    if (capacityKey === "") {
      const detail = "capacityKey must not be an empty string";
      errors.push(invalid(`${at}.capacityKey`, "", detail));
    } else if (capacityKey !== undefined && device.capacity?.[capacityKey] === undefined) {
      errors.push(fieldNotFound(`${at}.capacityKey`, capacityKey));
    }
    return errors;
  });
}
