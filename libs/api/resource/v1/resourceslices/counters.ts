/** Counters that devices of a pool share. */
import type { Counter } from "#proto/gen/k8s/resource/v1.ts";
import { required, type FieldError } from "../../../errors.ts";
import { dnsLabelField } from "../../../validation/fields.ts";
import { validateMap } from "../lists.ts";

const countersMax = 32;
const labelMax = 63;

/** At least one counter; any amount is good. */
export function validateCounters(
  counters: Readonly<Record<string, Counter>> | undefined,
  path: string,
): FieldError[] {
  if (Object.keys(counters ?? {}).length === 0) return [required(path, "")];
  return validateMap(
    counters,
    { itemsMax: countersMax, keyMax: labelMax },
    path,
    (name, at) => dnsLabelField(at, name),
    () => [],
  );
}
