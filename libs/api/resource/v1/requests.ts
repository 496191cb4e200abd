/** What a claim asks for: devices of a class, that go together, with a configuration. */
import type {
  DeviceClaim,
  DeviceConstraint,
  DeviceRequest,
  DeviceSubRequest,
  DeviceToleration,
  ExactDeviceRequest,
  ResourceClaimSpec,
} from "#proto/gen/k8s/resource/v1.ts";
import { forbidden, invalid, notSupported, required, type FieldError } from "../../errors.ts";
import type { RequestFacts } from "../../resource.ts";
import { dnsLabelField, dnsSubdomainField } from "../../validation/fields.ts";
import { configsMax, validateConfiguration, validateSelectors } from "./configuration.ts";
import { validateList, validateSet } from "./lists.ts";
import { fullDeviceNameField } from "./names.ts";
import { validateToleration } from "./taints.ts";

/** Fills how many devices a request means, in place. */
export function defaultRequests(spec: ResourceClaimSpec | undefined): void {
  for (const { exactly, firstAvailable = [] } of spec?.devices?.requests ?? []) {
    for (const request of [...(exactly === undefined ? [] : [exactly]), ...firstAvailable]) {
      request.allocationMode ||= "ExactCount";
      if (request.allocationMode === "ExactCount") request.count ||= 1;
      defaultTolerations(request.tolerations);
    }
  }
}

/** A toleration that says no operator compares the value. */
export function defaultTolerations(tolerations: readonly DeviceToleration[] | undefined): void {
  for (const toleration of tolerations ?? []) toleration.operator ||= "Equal";
}

/** A claim without devices says so. */
export function withDevices(spec: ResourceClaimSpec | undefined): ResourceClaimSpec {
  return { ...spec, devices: { ...spec?.devices } };
}

/** The names of requests, each with those of its alternatives. */
export type RequestNames = ReadonlyMap<string, readonly string[]>;

export function requestNamesOf(claim: DeviceClaim | undefined): RequestNames {
  return new Map(
    (claim?.requests ?? []).map(({ name = "", firstAvailable = [] }) => [
      name,
      firstAvailable.map((alternative) => alternative.name ?? ""),
    ]),
  );
}

export const requestsMax = 32;
const constraintsMax = 32;
const alternativesMax = 8;

/** What is wrong with a claim's spec. */
export function validateClaimSpec({ devices = {} }: ResourceClaimSpec, path: string): FieldError[] {
  const names = requestNamesOf(devices);
  const at = `${path}.devices`;
  return [
    ...validateSet(
      devices.requests,
      requestsMax,
      `${at}.requests`,
      validateRequest,
      ({ name = "" }) => name,
    ),
    ...validateList(devices.constraints, constraintsMax, `${at}.constraints`, (constraint, here) =>
      validateConstraint(constraint, names, here),
    ),
    ...validateList(devices.config, configsMax, `${at}.config`, (config, here) => [
      ...validateReferences(config.requests, names, `${here}.requests`),
      ...validateConfiguration(config, here),
    ]),
  ];
}

const oneOf = "exactly one of `exactly` or `firstAvailable` is required";

function validateRequest(request: DeviceRequest, path: string): FieldError[] {
  const { name = "", exactly, firstAvailable = [] } = request;
  const errors = dnsLabelField(`${path}.name`, name);
  if (exactly !== undefined && firstAvailable.length > 0) {
    return [...errors, invalid(path, null, `${oneOf}, but multiple fields are set`)];
  }
  if (exactly !== undefined) return [...errors, ...validateExact(exactly, `${path}.exactly`)];
  if (firstAvailable.length === 0) return [...errors, required(path, oneOf)];
  return [
    ...errors,
    ...validateSet(
      firstAvailable,
      alternativesMax,
      `${path}.firstAvailable`,
      validateAlternative,
      (alternative) => alternative.name ?? "",
    ),
  ];
}

function validateAlternative(request: DeviceSubRequest, path: string): FieldError[] {
  return [...dnsLabelField(`${path}.name`, request.name ?? ""), ...validateExact(request, path)];
}

function validateExact(request: ExactDeviceRequest, path: string): FieldError[] {
  const { deviceClassName: name = "", tolerations = [] } = request;
  const classPath = `${path}.deviceClassName`;
  return [
    ...(name === "" ? [required(classPath, "")] : dnsSubdomainField(classPath, name)),
    ...validateSelectors(request.selectors, `${path}.selectors`),
    ...validateCount(request, path),
    ...tolerations.flatMap((toleration, index) =>
      validateToleration(toleration, `${path}.tolerations[${index}]`),
    ),
  ];
}

function validateCount(
  { allocationMode: mode = "", count = 0 }: ExactDeviceRequest,
  path: string,
): FieldError[] {
  const at = `${path}.count`;
  switch (mode) {
    case "All": {
      const detail = "must not be specified when allocationMode is 'All'";
      return count === 0 ? [] : [invalid(at, count, detail)];
    }
    case "ExactCount":
      return count > 0 ? [] : [invalid(at, count, "must be greater than zero")];
    default:
      return [notSupported(`${path}.allocationMode`, mode, ["All", "ExactCount"])];
  }
}

function validateConstraint(
  constraint: DeviceConstraint,
  names: RequestNames,
  path: string,
): FieldError[] {
  const { matchAttribute, distinctAttribute } = constraint;
  const errors = validateReferences(constraint.requests, names, `${path}.requests`);
  if (matchAttribute !== undefined) {
    return [...errors, ...fullDeviceNameField(`${path}.matchAttribute`, matchAttribute)];
  }
  if (distinctAttribute !== undefined) {
    return [...errors, ...fullDeviceNameField(`${path}.distinctAttribute`, distinctAttribute)];
  }
  // Kubernetes' words, though none is set.
  const detail =
    'exactly one of "matchAttribute" or "distinctAttribute" is required, ' +
    "but multiple fields are set";
  return [...errors, required(path, detail)];
}

/** Names of requests, or of requests and their alternatives, each once. */
export function validateReferences(
  references: readonly string[] | undefined,
  names: RequestNames,
  path: string,
): FieldError[] {
  return validateSet(
    references,
    requestsMax,
    path,
    (reference, at) => validateReference(reference, names, at),
    (reference) => reference,
  );
}

/** The name of a request, or `request/alternative`. */
export function validateReference(
  reference: string,
  names: RequestNames,
  path: string,
): FieldError[] {
  const detail =
    "must be the name of a request in the claim or the name of a request and a subrequest " +
    "separated by '/'";
  const segments = reference.split("/");
  if (segments.length > 2) return [invalid(path, reference, detail)];
  const errors = segments.flatMap((segment) => dnsLabelField(path, segment));
  const [request = "", alternative] = segments;
  const alternatives = names.get(request);
  const isKnown =
    alternatives !== undefined && (alternative === undefined || alternatives.includes(alternative));
  return isKnown ? errors : [...errors, invalid(path, reference, detail)];
}

const adminLabel = "resource.kubernetes.io/admin-access";

/** Access as an administrator is for claims in namespaces that say so. */
export function refuseAdminAccess(
  requested: readonly (boolean | undefined)[],
  pathOf: (index: number) => string,
  { namespaceLabels }: RequestFacts,
): FieldError[] {
  const index = requested.indexOf(true);
  if (index < 0 || namespaceLabels?.()[adminLabel] === "true") return [];
  const detail =
    `admin access to devices requires the \`${adminLabel}: true\` label ` +
    "on the containing namespace";
  return [forbidden(pathOf(index), detail)];
}

/** The same for the requests of a spec, wherever it stands. */
export function refuseAdminRequests(
  spec: ResourceClaimSpec | undefined,
  facts: RequestFacts,
): FieldError[] {
  const requests = spec?.devices?.requests ?? [];
  return refuseAdminAccess(
    requests.map(({ exactly }) => exactly?.adminAccess),
    (index) => `spec.devices.requests[${index}].adminAccess`,
    facts,
  );
}
