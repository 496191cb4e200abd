/** ResourceClaims: devices that are asked for, and those that were given. */
import { schemaOf } from "#libs/schema/schemas.ts";
import type { ResourceClaim } from "#proto/gen/k8s/resource/v1.ts";
import { semanticEqual } from "../../equality.ts";
import { invalid, type FieldError } from "../../errors.ts";
import { goStruct } from "../../goform.ts";
import { ageColumn, nameColumn } from "../../printing.ts";
import { defineResource } from "../../resource.ts";
import { everyVerb } from "../../verbs.ts";
import {
  defaultRequests,
  defaultTolerations,
  refuseAdminRequests,
  validateClaimSpec,
  withDevices,
} from "./requests.ts";
import { mergeClaimStatus, validateClaimStatus } from "./resourceclaims/status.ts";

export const resourceclaims = defineResource<ResourceClaim>({
  group: "resource.k8s.io",
  version: "v1",
  kind: "ResourceClaim",
  plural: "resourceclaims",
  singular: "resourceclaim",
  shortNames: [],
  categories: [],
  scope: "Namespaced",
  verbs: everyVerb,
  message: "k8s.resource.v1.ResourceClaim",
  storageVersionHash: "wgAZaHcZxUg=",
  countsGeneration: false,
  createOnUpdate: false,
  unconditionalUpdate: true,
  confidential: false,
  ttlSeconds: 0,
  defaults: ({ spec, status }) => {
    defaultRequests(spec);
    const results = status?.allocation?.devices?.results ?? [];
    for (const { tolerations } of results) defaultTolerations(tolerations);
  },
  prepareForCreate: (draft) => {
    draft.spec = withDevices(draft.spec);
    draft.status = {};
  },
  prepareForUpdate: (draft, old) => {
    draft.status = old.status ?? {};
  },
  validate: ({ spec = {} }, facts) => [
    ...refuseAdminRequests(spec, facts),
    ...validateClaimSpec(spec, "spec"),
  ],
  validateUpdate,
  checkedAsNew: true,
  nameRule: "dnsSubdomain",
  subresources: [
    {
      type: "part",
      name: "status",
      merge: mergeClaimStatus,
      validateUpdate: validateClaimStatus,
      resetFields: ["metadata", "spec"],
    },
  ],
  printColumns: [
    nameColumn,
    {
      name: "State",
      type: "string",
      description: "How far the claim got.",
      cell: stateText,
    },
    ageColumn,
  ],
  fieldSelectors: {},
  defaultPropagation: "background",
  resetFields: ["status"],
});

function stateText({ metadata, status }: ResourceClaim): string {
  const states = metadata?.deletionTimestamp ? ["deleted"] : [];
  if (status?.allocation === undefined) return states[0] ?? "pending";
  states.push("allocated");
  if ((status.reservedFor ?? []).length > 0) states.push("reserved");
  return states.join(",");
}

function validateUpdate({ spec }: ResourceClaim, old: ResourceClaim): FieldError[] {
  if (semanticEqual(spec, old.spec)) return [];
  const shown = goStruct(spec, schemaOf("k8s.resource.v1.ResourceClaimSpec"));
  return [invalid("spec", shown, "field is immutable")];
}
