/** ServiceCIDRs: ranges from which services get their addresses. */
import type { ServiceCIDR, ServiceCIDRSpec } from "#proto/gen/k8s/networking/v1.ts";
import { invalid, required, type FieldError } from "../../errors.ts";
import { ageColumn, nameColumn } from "../../printing.ts";
import { defineResource } from "../../resource.ts";
import { strictCidrErrors } from "../../validation/addresses.ts";
import { invalidFor } from "../../validation/fields.ts";
import { cidrFamily } from "../../validation/names.ts";
import { everyVerb } from "../../verbs.ts";

/** One range of each family. */
const cidrsMax = 2;

export const servicecidrs = defineResource<ServiceCIDR>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "ServiceCIDR",
  plural: "servicecidrs",
  singular: "servicecidr",
  shortNames: [],
  categories: [],
  scope: "Cluster",
  verbs: everyVerb,
  message: "k8s.networking.v1.ServiceCIDR",
  storageVersionHash: "gNLvruQhW2g=",
  countsGeneration: false,
  createOnUpdate: false,
  unconditionalUpdate: true,
  confidential: false,
  ttlSeconds: 0,
  prepareForCreate: (range) => {
    range.status = {};
  },
  prepareForUpdate: (range, old) => {
    range.status = old.status ?? {};
  },
  validate: ({ spec = {} }) => validateSpec(spec, "spec.cidrs"),
  validateUpdate: ({ spec = {} }, old) => validateUpdate(spec, old.spec ?? {}, "spec.cidrs"),
  nameRule: "dnsSubdomain",
  subresources: [
    {
      type: "part",
      name: "status",
      merge: mergeStatus,
      validateUpdate: () => [],
      resetFields: ["spec"],
    },
  ],
  printColumns: [
    nameColumn,
    { name: "CIDRs", type: "string", cell: ({ spec }) => (spec?.cidrs ?? []).join(",") },
    ageColumn,
  ],
  fieldSelectors: {},
  defaultPropagation: "background",
  resetFields: ["status"],
});

/** A write of the status leaves the rest of the metadata as it is, too. */
function mergeStatus(range: ServiceCIDR, old: ServiceCIDR): ServiceCIDR {
  const { resourceVersion, managedFields } = range.metadata ?? {};
  const metadata = { ...old.metadata };
  if (resourceVersion === undefined) delete metadata.resourceVersion;
  else metadata.resourceVersion = resourceVersion;
  if (managedFields === undefined) delete metadata.managedFields;
  else metadata.managedFields = managedFields;
  return { ...range, metadata, spec: old.spec ?? {} };
}

function validateSpec(spec: ServiceCIDRSpec, path: string): FieldError[] {
  const cidrs = spec.cidrs ?? [];
  if (cidrs.length === 0) return [required(path, "at least one CIDR required")];
  if (cidrs.length > cidrsMax) {
    return [invalid(path, { CIDRs: cidrs }, `may only hold up to ${cidrsMax} values`)];
  }
  const errors = cidrs.flatMap((cidr, index) =>
    invalidFor(`${path}[${index}]`, cidr, strictCidrErrors(cidr)),
  );
  const [one = "", other] = cidrs;
  const family = cidrFamily(one);
  if (other === undefined || family === 0 || family !== cidrFamily(other)) return errors;
  const detail =
    "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64";
  return [...errors, invalid(path, cidrs, detail)];
}

/** What is there stays; the range of the other family may be added. */
function validateUpdate(spec: ServiceCIDRSpec, old: ServiceCIDRSpec, path: string): FieldError[] {
  const cidrs = spec.cidrs ?? [];
  const before = old.cidrs ?? [];
  const isGrown = before.length === 1 && cidrs.length === cidrsMax;
  const detail = "field is immutable";
  if (!isGrown && cidrs.length !== before.length) return [invalid(path, cidrs, detail)];
  const errors = before.flatMap((cidr, index) =>
    cidr === cidrs[index] ? [] : [invalid(`${path}[${index}]`, cidrs[index], detail)],
  );
  return isGrown ? [...errors, ...validateSpec(spec, path)] : errors;
}
