/** clusterIP, clusterIPs, ipFamilies and ipFamilyPolicy: four fields that say one thing. */
import type { Service } from "#proto/gen/k8s/core/v1.ts";
import { duplicate, invalid, notSupported, required, type FieldError } from "../../../errors.ts";
import { parseIp } from "../../../validation/addresses.ts";
import { ipField } from "../../../validation/fields.ts";
import { headlessIp, isExternalName, isHeadless } from "./kinds.ts";

const families = ["IPv4", "IPv6"];
const familyPolicies = ["PreferDualStack", "RequireDualStack", "SingleStack"];
const ipsPath = "spec.clusterIPs";

/** Lets a client that knows only clusterIP set, keep and clear clusterIPs. In place. */
export function synchronizeClusterIps(draft: Service, old: Service | undefined): void {
  const spec = (draft.spec ??= {});
  const { clusterIP = "", clusterIPs = [] } = spec;
  if (old === undefined) {
    if (clusterIP !== "" && clusterIPs.length === 0) spec.clusterIPs = [clusterIP];
    return;
  }
  const before = { clusterIP: "", clusterIPs: [], ...old.spec };
  if (clusterIP === before.clusterIP) {
    if (clusterIPs.length === 0 && before.clusterIPs.length > 0) {
      spec.clusterIPs = [...before.clusterIPs];
    }
    return;
  }
  // Whoever changed both means both: validation tells when they disagree.
  if (clusterIPs.length > 0 && !sameTexts(clusterIPs, before.clusterIPs)) return;
  if (clusterIP === "") delete spec.clusterIPs;
  else spec.clusterIPs = [clusterIP];
}

const sameTexts = (left: readonly string[], right: readonly string[]) =>
  left.length === right.length && left.every((text, index) => text === right[index]);

/** Errors in and between the four fields. Allocation needs it too, before it hands anything out. */
export function validateAddresses(service: Service): FieldError[] {
  if (isExternalName(service)) return [];
  const { clusterIP = "", clusterIPs = [], ipFamilies = [] } = service.spec ?? {};
  const errors = [...validateFirst(clusterIP, clusterIPs), ...validateFamilies(service)];
  const ipErrors = validateIps(clusterIPs);
  errors.push(...ipErrors);
  if (clusterIPs.length > 2) {
    errors.push(invalid(ipsPath, clusterIPs, "may only hold up to 2 values"));
  }
  // What follows would only repeat in other words that an address is wrong.
  if (ipErrors.length > 0) return errors;
  const used = new Set(clusterIPs.map((ip) => parseIp(ip)?.family));
  if (clusterIPs.length > 1 && used.size < 2) {
    const detail = "may specify no more than one IP for each IP family";
    errors.push(invalid(ipsPath, clusterIPs, detail));
  }
  if (isHeadless(service)) return errors;
  return [...errors, ...validateFamilyOfEach(clusterIPs, ipFamilies)];
}

function validateFirst(clusterIP: string, clusterIPs: readonly string[]): FieldError[] {
  if (clusterIP === "") {
    if (clusterIPs.length === 0) return [];
    return [invalid(ipsPath, clusterIPs, "must be empty when `clusterIP` is not specified")];
  }
  if (clusterIPs.length === 0) return [required(ipsPath, "")];
  if (clusterIPs[0] === clusterIP) return [];
  return [invalid(ipsPath, clusterIPs, "first value must match `clusterIP`")];
}

function validateFamilies({ spec }: Service): FieldError[] {
  const errors: FieldError[] = [];
  const { ipFamilies = [], ipFamilyPolicy } = spec ?? {};
  for (const [index, family] of ipFamilies.entries()) {
    const path = `spec.ipFamilies[${index}]`;
    if (!families.includes(family)) errors.push(notSupported(path, family, families));
    if (ipFamilies.indexOf(family) < index) errors.push(duplicate(path, family));
  }
  if (ipFamilyPolicy !== undefined && !familyPolicies.includes(ipFamilyPolicy)) {
    errors.push(notSupported("spec.ipFamilyPolicy", ipFamilyPolicy, familyPolicies));
  }
  return errors;
}

function validateIps(clusterIPs: readonly string[]): FieldError[] {
  if (clusterIPs[0] !== headlessIp) {
    return clusterIPs.flatMap((ip, index) => ipField(`${ipsPath}[${index}]`, ip));
  }
  const others = clusterIPs.slice(1);
  if (others.length === 0) return [];
  return [
    invalid(ipsPath, clusterIPs, "'None' must be the first and only value"),
    ...others.flatMap((ip, index) => ipField(`${ipsPath}[${index + 1}]`, ip)),
  ];
}

function validateFamilyOfEach(ips: readonly string[], wanted: readonly string[]): FieldError[] {
  return ips.flatMap((ip, index) => {
    const family = wanted[index];
    if (family === undefined || parseIp(ip)?.family === family) return [];
    const detail = `expected an ${family} value as indicated by \`ipFamilies[${index}]\``;
    return [invalid(`${ipsPath}[${index}]`, ip, detail)];
  });
}

/** Errors when an update takes away or exchanges an address that was given. */
export function validateAddressesUpdate(service: Service, old: Service): FieldError[] {
  if (isExternalName(service) || isExternalName(old)) return [];
  const wasHeadless = isHeadless(old);
  if (wasHeadless && isHeadless(service)) return [];
  const errors = validateIpsUpdate(service, old);
  if (wasHeadless !== isHeadless(service)) return errors;
  return [...errors, ...validateFamiliesUpdate(service, old)];
}

const onceSet = "may not change once set";

function validateIpsUpdate({ spec }: Service, old: Service): FieldError[] {
  const ips = spec?.clusterIPs ?? [];
  const before = old.spec?.clusterIPs ?? [];
  if (before.length === 0) return [];
  if (ips.length === 0) {
    return [invalid(`${ipsPath}[0]`, spec?.clusterIPs, "primary clusterIP can not be unset")];
  }
  const compared = ips.length === before.length ? before.length : 1;
  const errors = Array.from({ length: compared }, (_, index) => index)
    .filter((index) => ips[index] !== before[index])
    .map((index) => invalid(`${ipsPath}[${index}]`, ips, onceSet));
  if (ips.length < before.length) errors.push(...validateRelease(spec, "clusterIP"));
  return errors;
}

function validateFamiliesUpdate({ spec }: Service, old: Service): FieldError[] {
  const path = "spec.ipFamilies[0]";
  const after = spec?.ipFamilies ?? [];
  const before = old.spec?.ipFamilies ?? [];
  const errors: FieldError[] = [];
  if (before.length > after.length && (spec?.clusterIPs ?? []).length === 0) {
    errors.push(invalid(path, spec?.ipFamilies, "primary ipFamily can not be unset"));
  }
  const compared = after.length === before.length ? before.length : 1;
  for (let index = 0; index < compared; index++) {
    const [now, then] = [after[index], before[index]];
    if (now === undefined || then === undefined || now === then) continue;
    errors.push(invalid(path, after, onceSet));
  }
  if (after.length === 1 && before.length > 1) errors.push(...validateRelease(spec, "ipFamily"));
  return errors;
}

function validateRelease(spec: Service["spec"], what: string): FieldError[] {
  if (spec?.ipFamilyPolicy === "SingleStack") return [];
  const detail = `must be set to 'SingleStack' when releasing the secondary ${what}`;
  return [invalid("spec.ipFamilyPolicy", spec?.ipFamilyPolicy, detail)];
}
