/** IPAddresses: which address belongs to whom. The name is the address. */
import { schemaOf } from "#libs/schema/index.ts";
import type { IPAddress, ParentReference } from "#proto/gen/k8s/networking/v1.ts";
import { semanticEqual } from "../../equality.ts";
import { invalid, required, type FieldError } from "../../errors.ts";
import { goStruct } from "../../goform.ts";
import { pathSegmentErrors } from "../../names.ts";
import { ageColumn, nameColumn } from "../../printing.ts";
import { defineResource } from "../../resource.ts";
import { dnsSubdomainField, invalidFor } from "../../validation/fields.ts";
import { everyVerb } from "../../verbs.ts";
import { segmentField } from "./references.ts";

export const ipaddresses = defineResource<IPAddress>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "IPAddress",
  plural: "ipaddresses",
  singular: "ipaddress",
  shortNames: ["ip"],
  categories: [],
  scope: "Cluster",
  verbs: everyVerb,
  message: "k8s.networking.v1.IPAddress",
  storageVersionHash: "3f/plJFChNE=",
  countsGeneration: false,
  createOnUpdate: false,
  unconditionalUpdate: true,
  confidential: false,
  ttlSeconds: 0,
  validate,
  validateUpdate: (address, old) => [...validate(address), ...validateParentKept(address, old)],
  checkedAsNew: true,
  nameRule: "ipAddress",
  subresources: [],
  printColumns: [
    nameColumn,
    {
      name: "ParentRef",
      type: "string",
      cell: ({ spec }) => (spec?.parentRef ? parentText(spec.parentRef) : "<none>"),
    },
    { ...ageColumn, unlisted: true },
  ],
  fieldSelectors: {},
  defaultPropagation: "background",
});

/** `services/default/kubernetes`. */
function parentText({ group = "", resource = "", namespace = "", name = "" }: ParentReference) {
  const kind = (group === "" ? resource : `${resource}.${group}`).toLowerCase();
  return [kind, ...(namespace === "" ? [] : [namespace]), name].join("/");
}

function validate({ spec }: IPAddress): FieldError[] {
  const parent = spec?.parentRef;
  const path = "spec.parentRef";
  if (parent === undefined) return [required(path, "")];
  const { group = "", resource = "", namespace = "", name = "" } = parent;
  return [
    ...(group === "" ? [] : dnsSubdomainField(`${path}.group`, group)),
    ...segmentField(`${path}.resource`, resource),
    ...segmentField(`${path}.name`, name),
    ...invalidFor(`${path}.namespace`, namespace, pathSegmentErrors(namespace)),
  ];
}

function validateParentKept({ spec }: IPAddress, old: IPAddress): FieldError[] {
  const parent = spec?.parentRef;
  if (semanticEqual(parent, old.spec?.parentRef)) return [];
  const schema = schemaOf("k8s.networking.v1.ParentReference");
  const shown = parent === undefined ? null : goStruct(parent, schema);
  return [invalid("spec.parentRef", shown, "field is immutable")];
}
