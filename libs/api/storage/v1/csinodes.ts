/** CSINodes: the volume drivers that a node has. */
import { schemaOf } from "#libs/schema/schemas.ts";
import type { CSINode, CSINodeDriver } from "#proto/gen/k8s/storage/v1.ts";
import { semanticEqual } from "../../equality.ts";
import { duplicate, invalid, required, type FieldError } from "../../errors.ts";
import { goStruct } from "../../goform.ts";
import { ageColumn, nameColumn } from "../../printing.ts";
import { defineResource } from "../../resource.ts";
import { driverNameField } from "../../validation/drivers.ts";
import { nonNegative, qualifiedNameField } from "../../validation/fields.ts";
import { everyVerb } from "../../verbs.ts";

export const csinodes = defineResource<CSINode>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSINode",
  plural: "csinodes",
  singular: "csinode",
  shortNames: [],
  categories: [],
  scope: "Cluster",
  verbs: everyVerb,
  message: "k8s.storage.v1.CSINode",
  storageVersionHash: "Pe62DkZtjuo=",
  countsGeneration: false,
  createOnUpdate: false,
  unconditionalUpdate: false,
  confidential: false,
  ttlSeconds: 0,
  validate: ({ spec }) => validateDrivers(spec?.drivers ?? []),
  validateUpdate,
  checkedAsNew: true,
  nameRule: "dnsSubdomain",
  subresources: [],
  printColumns: [
    nameColumn,
    { name: "Drivers", type: "integer", cell: ({ spec }) => spec?.drivers?.length ?? 0 },
    ageColumn,
  ],
  fieldSelectors: {},
  defaultPropagation: "background",
});

function validateDrivers(drivers: readonly CSINodeDriver[]): FieldError[] {
  const names = new Set<string>();
  return drivers.flatMap((driver, index) => {
    const path = `spec.drivers[${index}]`;
    const { name = "" } = driver;
    const isRepeated = names.has(name);
    names.add(name);
    return [
      ...driverNameField(`${path}.name`, name),
      ...validateNodeId(driver.nodeID ?? "", `${path}.nodeID`),
      ...nonNegative(`${path}.allocatable.count`, driver.allocatable?.count),
      ...(isRepeated ? [duplicate(`${path}.name`, name)] : []),
      ...validateTopologyKeys(driver.topologyKeys ?? [], path),
    ];
  });
}

const nodeIdBytesMax = 192;

function validateNodeId(id: string, path: string): FieldError[] {
  if (id === "") return [required(path, "")];
  if (Buffer.byteLength(id) <= nodeIdBytesMax) return [];
  return [invalid(path, id, `must be ${nodeIdBytesMax} characters or less`)];
}

function validateTopologyKeys(keys: readonly string[], path: string): FieldError[] {
  return keys.flatMap((key, index) => [
    ...(key === "" ? [required(path, "")] : []),
    ...(keys.indexOf(key) < index ? [duplicate(path, key)] : []),
    ...qualifiedNameField(path, key),
  ]);
}

/** Drivers come and go, but a driver stays as it is, except for how many volumes it takes. */
function validateUpdate({ spec }: CSINode, old: CSINode): FieldError[] {
  const drivers = spec?.drivers ?? [];
  const errors = validateDrivers(drivers);
  for (const before of old.spec?.drivers ?? []) {
    for (const driver of drivers) {
      if ((driver.name ?? "") !== (before.name ?? "")) continue;
      const [now, then] = [withoutAllocatable(driver), withoutAllocatable(before)];
      if (semanticEqual(now, then)) continue;
      const shown = goStruct(now, schemaOf("k8s.storage.v1.CSINodeDriver"));
      errors.push(invalid("spec.drivers", shown, "field is immutable"));
    }
  }
  return errors;
}

function withoutAllocatable({ allocatable: _, ...driver }: CSINodeDriver): CSINodeDriver {
  return driver;
}
