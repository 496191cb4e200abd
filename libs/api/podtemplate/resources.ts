/** Requests and limits of containers and pods. */
import type { ResourceRequirements } from "#proto/gen/k8s/core/v1.ts";
import { duplicate, forbidden, invalid, required, type FieldError } from "../errors.ts";
import { qualifiedNameErrors } from "../names.ts";
import { invalidFor } from "../validation/fields.ts";
import { negativeText } from "../validation/names.ts";
import {
  canonicalQuantity,
  compareQuantities,
  formatQuantity,
  parseQuantity,
} from "../quantity.ts";
import { isMultipleOf, isNegativeQuantity, isWholeQuantity } from "../validation/quantities.ts";
import { ownValue } from "../own.ts";

const hugePagesPrefix = "hugepages-";
const containerResources = ["cpu", "memory", "ephemeral-storage"];
const standardResources = new Set([
  ...["cpu", "memory", "ephemeral-storage", "storage"],
  ...["requests.cpu", "requests.memory", "requests.ephemeral-storage", "requests.storage"],
  ...["limits.cpu", "limits.memory", "limits.ephemeral-storage"],
  ...["pods", "resourcequotas", "services", "replicationcontrollers", "secrets"],
  ...["persistentvolumeclaims", "configmaps", "services.nodeports", "services.loadbalancers"],
]);
/** Countable things besides extended resources. */
const countedResources = new Set([
  ...["pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps"],
  ...["persistentvolumeclaims", "services.nodeports", "services.loadbalancers"],
]);

export const isHugePages = (name: string): boolean => name.startsWith(hugePagesPrefix);

/** Of Kubernetes itself: without a prefix, or under kubernetes.io. */
const isNative = (name: string): boolean =>
  !name.includes("/") || /(^|\.)kubernetes\.io\//.test(name);

/** Of somebody else, counted in whole numbers (GPUs, …). */
export function isExtended(name: string): boolean {
  if (isNative(name) || name.startsWith("requests.")) return false;
  return qualifiedNameErrors(`requests.${name}`).length === 0;
}

/** More may be promised than there is. */
export const isOvercommitAllowed = (name: string): boolean => isNative(name) && !isHugePages(name);

const nanosPerMilli = 1_000_000n;

/** Amounts finer than a thousandth are rounded up to one, in place. */
export function roundAmounts(list: Record<string, string> | undefined): void {
  if (list === undefined) return;
  for (const [name, text] of Object.entries(list)) {
    // Others cannot be so fine.
    if (!/[nu.e]/i.test(text)) continue;
    const { nanos, format } = parseQuantity(text);
    const rest = nanos % nanosPerMilli;
    if (rest === 0n) continue;
    const up = nanos > 0n ? nanosPerMilli - rest : -nanosPerMilli - rest;
    list[name] = formatQuantity({ nanos: nanos + up, format });
  }
}

type NameCheck = (name: string, path: string) => FieldError[];

/** `podClaims`: names of the pod's resource claims. */
export function validateRequirements(
  { limits = {}, requests = {}, claims = [] }: ResourceRequirements,
  podClaims: readonly string[],
  path: string,
  checkName: NameCheck = validateContainerResourceName,
): FieldError[] {
  const errors: FieldError[] = [];
  for (const [name, quantity] of Object.entries(limits)) {
    const at = `${path}.limits[${name}]`;
    errors.push(...checkName(name, at), ...validateAmount(name, quantity, at));
  }
  for (const [name, quantity] of Object.entries(requests)) {
    const at = `${path}.requests[${name}]`;
    errors.push(
      ...checkName(name, at),
      ...validateAmount(name, quantity, at),
      ...validateRequest(name, quantity, ownValue(limits, name), path),
    );
  }
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  const counted = names.includes("cpu") || names.includes("memory");
  if (names.some(isHugePages) && !counted) {
    errors.push(forbidden(path, "HugePages require cpu or memory"));
  }
  return [...errors, ...validateClaimNames(claims, podClaims, `${path}.claims`)];
}

function validateAmount(name: string, quantity: string, path: string): FieldError[] {
  const errors = validateQuantity(name, quantity, path);
  const size = isHugePages(name) ? name.slice(hugePagesPrefix.length) : "";
  if (size === "" || isMultipleOf(quantity, size)) return errors;
  const shown = canonicalQuantity(quantity);
  const detail = `${shown} is not positive integer multiple of ${name}`;
  return [...errors, invalid(path, shown, detail)];
}

/** A request against its limit. */
function validateRequest(
  name: string,
  request: string,
  limit: string | undefined,
  path: string,
): FieldError[] {
  const elastic = isOvercommitAllowed(name);
  if (limit === undefined) {
    const detail = "Limit must be set for non overcommitable resources";
    return elastic ? [] : [required(`${path}.limits`, detail)];
  }
  const order = compareQuantities(request, limit);
  if (order === 0 || (order < 0 && elastic)) return [];
  const relation = elastic ? "less than or equal to" : "equal to";
  const detail = `must be ${relation} ${name} limit of ${canonicalQuantity(limit)}`;
  return [invalid(`${path}.requests`, canonicalQuantity(request), detail)];
}

/** A name in a list of resources: of a node, a container, a quota. */
export function validateResourceName(name: string, path: string): FieldError[] {
  const errors = invalidFor(path, name, qualifiedNameErrors(name));
  if (errors.length > 0 || name.includes("/")) return errors;
  if (standardResources.has(name) || isHugePages(name)) return errors;
  return [invalid(path, name, "must be a standard resource type or fully qualified")];
}

export function validateContainerResourceName(name: string, path: string): FieldError[] {
  const errors = validateResourceName(name, path);
  if (!name.includes("/")) {
    if (containerResources.includes(name) || isHugePages(name)) return errors;
    return [...errors, invalid(path, name, "must be a standard resource for containers")];
  }
  if (isNative(name) || isExtended(name)) return errors;
  return [...errors, invalid(path, name, "doesn't follow extended resource name standard")];
}

/** An amount of something: not negative, and whole where it is counted. */
export function validateQuantity(name: string, quantity: string, path: string): FieldError[] {
  const shown = canonicalQuantity(quantity);
  if (isNegativeQuantity(quantity)) return [invalid(path, shown, negativeText)];
  const counted = countedResources.has(name) || isExtended(name);
  if (!counted || isWholeQuantity(quantity)) return [];
  return [invalid(path, shown, "must be an integer")];
}

function validateClaimNames(
  claims: NonNullable<ResourceRequirements["claims"]>,
  podClaims: readonly string[],
  path: string,
): FieldError[] {
  const seen = new Set<string>();
  return claims.flatMap(({ name = "", request = "" }, index) => {
    const at = `${path}[${index}]`;
    if (name === "") return [required(at, "")];
    const key = request === "" ? name : `${name}/${request}`;
    const repeated = seen.has(key) || seen.has(name);
    seen.add(key);
    if (repeated) return [duplicate(at, key)];
    if (podClaims.includes(name)) return [];
    const detail =
      podClaims.length === 0
        ? "must be one of the names in pod.spec.resourceClaims which is empty"
        : "must be one of the names in pod.spec.resourceClaims";
    return [{ type: "NotFound" as const, field: at, value: name, detail }];
  });
}
