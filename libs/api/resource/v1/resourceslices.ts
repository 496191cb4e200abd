/** ResourceSlices: the devices that a driver offers. */
import type { DeviceAttribute, ResourceSlice } from "#proto/gen/k8s/resource/v1.ts";
import type { FieldError } from "../../errors.ts";
import { ageColumn, nameColumn } from "../../printing.ts";
import { defineResource } from "../../resource.ts";
import { timeText } from "../../time.ts";
import { everyVerb } from "../../verbs.ts";
import { goQuote } from "../../gotext.ts";
import { validateSlice } from "./resourceslices/validate.ts";

export const resourceslices = defineResource<ResourceSlice>({
  group: "resource.k8s.io",
  version: "v1",
  kind: "ResourceSlice",
  plural: "resourceslices",
  singular: "resourceslice",
  shortNames: [],
  categories: [],
  scope: "Cluster",
  verbs: everyVerb,
  message: "k8s.resource.v1.ResourceSlice",
  storageVersionHash: "KsC072WgaEY=",
  countsGeneration: true,
  createOnUpdate: false,
  unconditionalUpdate: true,
  confidential: false,
  ttlSeconds: 0,
  prepareForCreate: (draft, { now }) => {
    dropDisabled(draft, undefined);
    stampTaints(draft, now);
  },
  prepareForUpdate: (draft, old, { now }) => {
    dropDisabled(draft, old);
    stampTaints(draft, now);
  },
  validate: ({ spec }): FieldError[] => validateSlice(spec ?? {}, undefined),
  validateUpdate: ({ spec }, old) => validateSlice(spec ?? {}, old.spec ?? {}),
  nameRule: "dnsSubdomain",
  warnings: ({ spec }) => {
    const driver = spec?.driver ?? "";
    if (driver === driver.toLowerCase()) return [];
    const shown = goQuote(driver);
    return [
      `spec.driver: driver names should be lowercase; ${shown} contains uppercase characters`,
    ];
  },
  subresources: [],
  printColumns: [
    nameColumn,
    {
      name: "Node",
      type: "string",
      description: "The node that has the devices.",
      cell: ({ spec }) => spec?.nodeName ?? "",
    },
    {
      name: "Driver",
      type: "string",
      description: "The driver that offers them.",
      cell: ({ spec }) => spec?.driver ?? "",
    },
    {
      name: "Pool",
      type: "string",
      description: "The pool that they belong to.",
      cell: ({ spec }) => spec?.pool?.name ?? "",
    },
    ageColumn,
  ],
  fieldSelectors: {
    "spec.nodeName": ({ spec }) => spec?.nodeName ?? "",
    "spec.driver": ({ spec }) => spec?.driver ?? "",
  },
  defaultPropagation: "background",
});

const devicesOf = (slice: ResourceSlice | undefined) => slice?.spec?.devices ?? [];

/** A taint says since when it is there. */
function stampTaints(draft: ResourceSlice, now: number): void {
  for (const { taints = [] } of devicesOf(draft)) {
    for (const taint of taints) taint.timeAdded ??= timeText(now);
  }
}

const listFields = ["ints", "bools", "strings", "versions"] as const;

const hasList = (attribute: DeviceAttribute): boolean =>
  listFields.some((field) => attribute[field] !== undefined);

/** Drops what is off by default, unless the stored slice has it already. */
function dropDisabled(draft: ResourceSlice, old: ResourceSlice | undefined): void {
  const before = devicesOf(old);
  const hadLists = before.some(({ attributes = {} }) => Object.values(attributes).some(hasList));
  const hadMappings = before.some((device) => device.nodeAllocatableResourceMappings !== undefined);
  for (const device of devicesOf(draft)) {
    if (!hadMappings) delete device.nodeAllocatableResourceMappings;
    if (hadLists) continue;
    for (const attribute of Object.values(device.attributes ?? {})) {
      for (const field of listFields) delete attribute[field];
    }
  }
}
