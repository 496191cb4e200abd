/** Which devices a claim got, who uses them, and what their drivers say of them. */
import { schemaOf } from "#libs/schema/schemas.ts";
import type {
  AllocatedDeviceStatus,
  AllocationResult,
  DeviceAllocationConfiguration,
  DeviceRequestAllocationResult,
  NetworkDeviceData,
  ResourceClaim,
  ResourceClaimConsumerReference,
  ResourceClaimStatus,
} from "#proto/gen/k8s/resource/v1.ts";
import { semanticEqual } from "../../../equality.ts";
import {
  duplicate,
  forbidden,
  invalid,
  notSupported,
  required,
  tooLong,
  tooMany,
  type FieldError,
} from "../../../errors.ts";
import { goStruct } from "../../../goform.ts";
import { withStoredMetadata } from "../../../metadata/forstatus.ts";
import { validateNodeSelector } from "../../../podtemplate/affinity.ts";
import type { RequestFacts } from "../../../resource.ts";
import { validateConditions } from "../../../validation/conditions.ts";
import { driverNameField } from "../../../validation/drivers.ts";
import { dnsLabelField, requireText } from "../../../validation/fields.ts";
import { interfaceAddressField } from "../../../validation/interfaceaddress.ts";
import { validateBindingConditions } from "../bindingconditions.ts";
import { configsMax, rawObjectField, validateConfiguration } from "../configuration.ts";
import { validateList, validateSet } from "../lists.ts";
import { poolNameField, uuidField } from "../names.ts";
import {
  refuseAdminAccess,
  requestNamesOf,
  validateReference,
  validateReferences,
  type RequestNames,
} from "../requests.ts";

const unbounded = Number.POSITIVE_INFINITY;
const reservedForMax = 256;
const resultsMax = 32;
const conditionsMax = 8;
const dataBytesMax = 10 * 1024;
const addressesMax = 16;
const interfaceNameBytesMax = 256;
const hardwareAddressBytesMax = 128;

/** Takes the status, without what is said of devices that the claim no longer has. */
export function mergeClaimStatus(draft: ResourceClaim, old: ResourceClaim): ResourceClaim {
  const merged = { ...withStoredMetadata(draft, old), spec: old.spec ?? {} };
  const kept = new Set(resultsOf(draft.status).map(deviceKey));
  const gone = new Set(
    resultsOf(old.status)
      .map(deviceKey)
      .filter((key) => !kept.has(key)),
  );
  const { devices, ...status } = draft.status ?? {};
  const left = (devices ?? []).filter((device) => !gone.has(deviceKey(device)));
  return { ...merged, status: { ...status, ...(left.length > 0 ? { devices: left } : {}) } };
}

const resultsOf = (status: ResourceClaimStatus | undefined) =>
  status?.allocation?.devices?.results ?? [];

interface DeviceId {
  readonly driver?: string;
  readonly pool?: string;
  readonly device?: string;
  readonly shareID?: string;
}

const deviceKey = ({ driver = "", pool = "", device = "", shareID = "" }: DeviceId): string =>
  JSON.stringify([driver, pool, device, shareID]);

/** An id as Go prints it: its parts are handles, in which nothing shows. */
const shownId = { Driver: {}, Pool: {}, Device: {}, ShareID: {} };

/** What is wrong with a new status, which follows that of `old`. */
export function validateClaimStatus(
  claim: ResourceClaim,
  old: ResourceClaim,
  facts: RequestFacts,
): FieldError[] {
  const { spec, status = {}, metadata } = claim;
  const names = requestNamesOf(spec?.devices);
  const { allocation, reservedFor = [] } = status;
  return [
    ...refuseAdminResults(status, old.status, facts),
    ...validateReserved(reservedFor, "status.reservedFor"),
    ...validateDevices(status, "status.devices"),
    ...validateUse(status, old.status ?? {}, metadata?.deletionTimestamp !== undefined),
    ...(allocation === undefined ? [] : validateAllocation(allocation, old.status, names)),
  ];
}

function refuseAdminResults(
  status: ResourceClaimStatus,
  old: ResourceClaimStatus | undefined,
  facts: RequestFacts,
): FieldError[] {
  if (resultsOf(old).some(({ adminAccess }) => adminAccess === true)) return [];
  return refuseAdminAccess(
    resultsOf(status).map(({ adminAccess }) => adminAccess),
    (index) => `status.allocation.devices.results[${index}].adminAccess`,
    facts,
  );
}

function validateReserved(
  references: readonly ResourceClaimConsumerReference[],
  path: string,
): FieldError[] {
  const check = ({ resource, name, uid }: ResourceClaimConsumerReference, at: string) => [
    ...requireText(`${at}.resource`, resource),
    ...requireText(`${at}.name`, name),
    ...requireText(`${at}.uid`, uid),
  ];
  return validateSet(references, reservedForMax, path, check, ({ uid = "" }) => uid);
}

function validateDevices(status: ResourceClaimStatus, path: string): FieldError[] {
  const { devices = [] } = status;
  const allocated = new Set(resultsOf(status).map(deviceKey));
  const errors = validateList(devices, unbounded, path, (device, at) =>
    validateDevice(device, allocated, at),
  );
  const seen = new Set<string>();
  for (const [index, device] of devices.entries()) {
    const key = deviceKey(device);
    if (seen.has(key)) errors.push(duplicate(`${path}[${index}]`, shownId));
    seen.add(key);
  }
  return errors;
}

function validateDevice(
  device: AllocatedDeviceStatus,
  allocated: ReadonlySet<string>,
  path: string,
): FieldError[] {
  const { shareID, data, networkData } = device;
  const conditions = device.conditions ?? [];
  return [
    ...driverNameField(`${path}.driver`, device.driver),
    ...poolNameField(`${path}.pool`, device.pool),
    ...dnsLabelField(`${path}.device`, device.device ?? ""),
    ...(shareID === undefined ? [] : uuidField(`${path}.shareID`, shareID)),
    ...(allocated.has(deviceKey(device))
      ? []
      : [invalid(path, shownId, "must be an allocated device in the claim")]),
    ...(conditions.length > conditionsMax
      ? [tooMany(`${path}.conditions`, conditions.length, conditionsMax)]
      : []),
    ...validateConditions(conditions, `${path}.conditions`),
    ...(data === undefined ? [] : rawObjectField(`${path}.data`, data, dataBytesMax)),
    ...(networkData === undefined ? [] : validateNetwork(networkData, `${path}.networkData`)),
  ];
}

function validateNetwork(data: NetworkDeviceData, path: string): FieldError[] {
  const { interfaceName = "", hardwareAddress = "" } = data;
  const bounded = (field: string, text: string, bytesMax: number) =>
    Buffer.byteLength(text) > bytesMax ? [tooLong(`${path}.${field}`, bytesMax)] : [];
  return [
    ...bounded("interfaceName", interfaceName, interfaceNameBytesMax),
    ...bounded("hardwareAddress", hardwareAddress, hardwareAddressBytesMax),
    ...validateSet(
      data.ips,
      addressesMax,
      `${path}.ips`,
      (address, at) => interfaceAddressField(at, address),
      (address) => address,
    ),
  ];
}

/** Only what is allocated can be in use, and what is about to go gets no new user. */
function validateUse(
  { allocation, reservedFor = [] }: ResourceClaimStatus,
  old: ResourceClaimStatus,
  isDeleted: boolean,
): FieldError[] {
  if (reservedFor.length === 0) return [];
  const path = "status.reservedFor";
  if (allocation === undefined) {
    return [forbidden(path, "may not be specified when `allocated` is not set")];
  }
  const before = old.reservedFor ?? [];
  const isNew = (user: ResourceClaimConsumerReference) =>
    !before.some((other) => semanticEqual(user, other));
  if (!isDeleted || !reservedFor.some(isNew)) return [];
  const detail =
    "new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set";
  return [forbidden(path, detail)];
}

function validateAllocation(
  allocation: AllocationResult,
  old: ResourceClaimStatus | undefined,
  names: RequestNames,
): FieldError[] {
  const path = "status.allocation";
  const { devices = {}, nodeSelector } = allocation;
  if (old?.allocation !== undefined) {
    if (semanticEqual(allocation, old.allocation)) return [];
    const shown = goStruct(allocation, schemaOf("k8s.resource.v1.AllocationResult"));
    return [invalid(path, shown, "field is immutable")];
  }
  return [
    ...validateList(devices.results, resultsMax, `${path}.devices.results`, (result, at) =>
      validateResult(result, names, at),
    ),
    // Of the class and of the claim.
    ...validateList(devices.config, 2 * configsMax, `${path}.devices.config`, (config, at) =>
      validateConfig(config, names, at),
    ),
    ...(nodeSelector === undefined
      ? []
      : validateNodeSelector(nodeSelector, `${path}.nodeSelector`)),
  ];
}

function validateResult(
  result: DeviceRequestAllocationResult,
  names: RequestNames,
  path: string,
): FieldError[] {
  const { shareID } = result;
  return [
    ...validateReference(result.request ?? "", names, `${path}.request`),
    ...driverNameField(`${path}.driver`, result.driver),
    ...poolNameField(`${path}.pool`, result.pool),
    ...dnsLabelField(`${path}.device`, result.device ?? ""),
    ...validateBindingConditions(result, path),
    ...(shareID === undefined ? [] : uuidField(`${path}.shareID`, shareID)),
  ];
}

const sources = ["FromClaim", "FromClass"];

function validateConfig(
  config: DeviceAllocationConfiguration,
  names: RequestNames,
  path: string,
): FieldError[] {
  const { source = "" } = config;
  const at = `${path}.source`;
  const errors: FieldError[] = [];
  if (source === "") errors.push(required(at, ""));
  else if (!sources.includes(source)) errors.push(notSupported(at, source, sources));
  return [
    ...errors,
    ...validateReferences(config.requests, names, `${path}.requests`),
    ...validateConfiguration(config, path),
  ];
}
