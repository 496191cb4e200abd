/** Validation of slices, in Kubernetes' order. */
import type { CounterSet, ResourcePool, ResourceSliceSpec } from "#proto/gen/k8s/resource/v1.ts";
import { semanticEqual, validateImmutable } from "../../../equality.ts";
import { invalid, required, type FieldError } from "../../../errors.ts";
import { validateNodeSelector } from "../../../podtemplate/affinity.ts";
import { driverNameField } from "../../../validation/drivers.ts";
import { dnsLabelField, dnsSubdomainField } from "../../../validation/fields.ts";
import { validateSet } from "../lists.ts";
import { poolNameField } from "../names.ts";
import { validateCounters } from "./counters.ts";
import { validateDevice } from "./devices.ts";

const devicesMax = 128;
/** With taints or counters every device takes more room. */
const advancedDevicesMax = 64;
const counterSetsMax = 8;

/** What is wrong with a slice. `old`: the one that is stored. */
export function validateSlice(
  spec: ResourceSliceSpec,
  old: ResourceSliceSpec | undefined,
): FieldError[] {
  const { devices = [], perDeviceNodeSelection: isPerDevice = false } = spec;
  const errors = [
    ...driverNameField("spec.driver", spec.driver),
    ...validatePool(spec.pool ?? {}, "spec.pool"),
    ...(old === undefined ? [] : refuseMove(spec, old)),
    ...validateNodes(spec),
  ];
  if (spec.sharedCounters !== undefined && spec.devices !== undefined) {
    errors.push(invalid("spec", "", "only one of `sharedCounters` or `devices` is allowed"));
  }
  const isAdvanced = devices.some(
    ({ taints = [], consumesCounters = [] }) => taints.length + consumesCounters.length > 0,
  );
  const max = isAdvanced ? advancedDevicesMax : devicesMax;
  const before = new Map((old?.devices ?? []).map((device) => [device.name ?? "", device]));
  return [
    ...errors,
    ...validateSet(
      devices,
      max,
      "spec.devices",
      (device, path) => {
        const same = before.get(device.name ?? "");
        const keepsTaints = same !== undefined && semanticEqual(same.taints, device.taints);
        return validateDevice(device, { isPerDevice, keepsTaints }, path);
      },
      ({ name = "" }) => name,
    ),
    ...validateSet(
      spec.sharedCounters,
      counterSetsMax,
      "spec.sharedCounters",
      validateCounterSet,
      ({ name = "" }) => name,
    ),
  ];
}

function validatePool(pool: ResourcePool, path: string): FieldError[] {
  const { name, generation = 0, resourceSliceCount: count = 0 } = pool;
  const errors = poolNameField(`${path}.name`, name);
  if (count <= 0) {
    errors.push(invalid(`${path}.resourceSliceCount`, count, "must be greater than zero"));
  }
  if (generation < 0) {
    const detail = "must be greater than or equal to zero";
    errors.push(invalid(`${path}.generation`, generation, detail));
  }
  return errors;
}

function refuseMove(spec: ResourceSliceSpec, old: ResourceSliceSpec): FieldError[] {
  return [
    ...validateImmutable("spec.pool.name", spec.pool?.name ?? "", old.pool?.name ?? ""),
    ...validateImmutable("spec.driver", spec.driver ?? "", old.driver ?? ""),
    ...validateImmutable("spec.nodeName", spec.nodeName, old.nodeName),
  ];
}

const oneOf =
  "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required";

/** Where the devices are is said in one way. */
function validateNodes(spec: ResourceSliceSpec): FieldError[] {
  const { nodeName, nodeSelector } = spec;
  const errors: FieldError[] = [];
  const given: string[] = [];
  if (nodeName === "") {
    const detail = "must be either unset or set to a non-empty string";
    errors.push(invalid("spec.nodeName", nodeName, detail));
  } else if (nodeName !== undefined) {
    given.push("`nodeName`");
    errors.push(...dnsSubdomainField("spec.nodeName", nodeName));
  }
  if (nodeSelector !== undefined) {
    given.push("`nodeSelector`");
    errors.push(...validateNodeSelector(nodeSelector, "spec.nodeSelector"));
    const terms = nodeSelector.nodeSelectorTerms ?? null;
    if (terms?.length !== 1) {
      const detail = "must have exactly one node selector term";
      errors.push(invalid("spec.nodeSelector.nodeSelectorTerms", terms, detail));
    }
  }
  for (const field of ["allNodes", "perDeviceNodeSelection"] as const) {
    if (spec[field] === true) given.push(`\`${field}\``);
    if (spec[field] !== false) continue;
    errors.push(invalid(`spec.${field}`, false, "must be either unset or set to true"));
  }
  if (given.length === 0) errors.push(required("spec", oneOf));
  if (given.length < 2) return errors;
  const detail = `${oneOf}, but multiple fields are set`;
  return [...errors, invalid("spec", `{${given.join(", ")}}`, detail)];
}

function validateCounterSet({ name, counters }: CounterSet, path: string): FieldError[] {
  return [
    ...(name ? dnsLabelField(`${path}.name`, name) : [required(`${path}.name`, "")]),
    ...validateCounters(counters, `${path}.counters`),
  ];
}
