/** ResourceClaimTemplates: claims that are made for each pod that names the template. */
import { schemaOf } from "#libs/schema/schemas.ts";
import type { ResourceClaimTemplate } from "#proto/gen/k8s/resource/v1.ts";
import { semanticEqual } from "../../equality.ts";
import { invalid, type FieldError } from "../../errors.ts";
import { goStruct } from "../../goform.ts";
import { validateTemplateMetadata } from "../../podtemplate/claims.ts";
import { ageColumn, nameColumn } from "../../printing.ts";
import { defineResource, type RequestFacts } from "../../resource.ts";
import { everyVerb } from "../../verbs.ts";
import {
  defaultRequests,
  refuseAdminRequests,
  validateClaimSpec,
  withDevices,
} from "./requests.ts";

export const resourceclaimtemplates = defineResource<ResourceClaimTemplate>({
  group: "resource.k8s.io",
  version: "v1",
  kind: "ResourceClaimTemplate",
  plural: "resourceclaimtemplates",
  singular: "resourceclaimtemplate",
  shortNames: [],
  categories: [],
  scope: "Namespaced",
  verbs: everyVerb,
  message: "k8s.resource.v1.ResourceClaimTemplate",
  storageVersionHash: "TuzjC49aUfM=",
  countsGeneration: false,
  createOnUpdate: false,
  unconditionalUpdate: true,
  confidential: false,
  ttlSeconds: 0,
  defaults: ({ spec }) => defaultRequests(spec?.spec),
  prepareForCreate: (draft) => {
    draft.spec = { ...draft.spec, spec: withDevices(draft.spec?.spec) };
  },
  validate: (draft, facts) => [
    ...refuseAdminRequests(draft.spec?.spec, facts),
    ...validate(draft, facts),
  ],
  validateUpdate: (draft, old, facts) => [...validate(draft, facts), ...refuseChange(draft, old)],
  checkedAsNew: true,
  nameRule: "dnsSubdomain",
  subresources: [],
  printColumns: [nameColumn, ageColumn],
  fieldSelectors: {},
  defaultPropagation: "background",
});

function validate({ spec = {} }: ResourceClaimTemplate, _facts: RequestFacts): FieldError[] {
  return [
    ...validateTemplateMetadata(spec.metadata ?? {}, "spec.metadata"),
    ...validateClaimSpec(spec.spec ?? {}, "spec.spec"),
  ];
}

function refuseChange({ spec }: ResourceClaimTemplate, old: ResourceClaimTemplate): FieldError[] {
  if (semanticEqual(spec, old.spec)) return [];
  // Metadata stand in the internal type without a name of their own.
  const inner = goStruct(spec?.spec, schemaOf("k8s.resource.v1.ResourceClaimSpec"));
  return [invalid("spec", { ...spec?.metadata, Spec: inner }, "field is immutable")];
}
