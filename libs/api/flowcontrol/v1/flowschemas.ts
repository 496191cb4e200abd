/** FlowSchemas: which requests belong to which priority level. */
import { schemaOf } from "#libs/schema/schemas.ts";
import type { FlowSchema } from "#proto/gen/k8s/flowcontrol/v1.ts";
import { semanticEqual } from "../../equality.ts";
import { invalid, type FieldError } from "../../errors.ts";
import { goStruct } from "../../goform.ts";
import { withStoredMetadata } from "../../metadata/forstatus.ts";
import { ageColumn, nameColumn } from "../../printing.ts";
import { defineResource } from "../../resource.ts";
import { everyVerb } from "../../verbs.ts";
import { mandatorySchemas } from "./bootstrap.ts";
import { validateConditions } from "./conditions.ts";
import { validateSchemaSpec } from "./flowschemas/validate.ts";

const precedenceDefault = 1000;

export const flowschemas = defineResource<FlowSchema>({
  group: "flowcontrol.apiserver.k8s.io",
  version: "v1",
  kind: "FlowSchema",
  plural: "flowschemas",
  singular: "flowschema",
  shortNames: [],
  categories: [],
  scope: "Cluster",
  verbs: everyVerb,
  message: "k8s.flowcontrol.v1.FlowSchema",
  storageVersionHash: "GJVAJZSZBIw=",
  countsGeneration: true,
  createOnUpdate: false,
  unconditionalUpdate: true,
  confidential: false,
  ttlSeconds: 0,
  defaults: (draft) => {
    draft.spec = { ...draft.spec };
    draft.spec.matchingPrecedence ||= precedenceDefault;
  },
  prepareForCreate: (draft) => {
    draft.status = {};
  },
  prepareForUpdate: (draft, old) => {
    draft.status = old.status ?? {};
  },
  validate,
  checkedAsNew: true,
  nameRule: "dnsSubdomain",
  subresources: [
    {
      type: "part",
      name: "status",
      merge: (draft, old) => ({ ...withStoredMetadata(draft, old), spec: old.spec ?? {} }),
      validateUpdate: ({ status }) => validateConditions(status?.conditions),
      resetFields: ["metadata", "spec"],
    },
  ],
  printColumns: [
    nameColumn,
    {
      name: "PriorityLevel",
      type: "string",
      description: "The level that the requests belong to.",
      cell: ({ spec }) => spec?.priorityLevelConfiguration?.name ?? "",
    },
    {
      name: "MatchingPrecedence",
      type: "string",
      description: "Of several schemas that match, the one with the lowest number counts.",
      cell: ({ spec }) => spec?.matchingPrecedence ?? 0,
    },
    {
      name: "DistinguisherMethod",
      type: "string",
      description: "What tells the flows of this schema apart.",
      cell: ({ spec }) => spec?.distinguisherMethod?.type ?? "<none>",
    },
    ageColumn,
    {
      name: "MissingPL",
      type: "string",
      description: "Whether the level does not exist.",
      cell: ({ status }) =>
        status?.conditions?.find(({ type }) => type === "Dangling")?.status ?? "?",
    },
  ],
  fieldSelectors: {},
  defaultPropagation: "background",
  resetFields: ["status"],
});

function validate({ metadata, spec = {}, status }: FlowSchema): FieldError[] {
  const name = metadata?.name ?? "";
  const errors = validateSchemaSpec(name, spec);
  const fixed = mandatorySchemas.find((other) => other.metadata?.name === name);
  if (fixed !== undefined && !semanticEqual(spec, fixed.spec)) {
    const shown = goStruct(spec, schemaOf("k8s.flowcontrol.v1.FlowSchemaSpec"));
    errors.push(invalid("spec", shown, `spec of '${name}' must equal the fixed value`));
  }
  return [...errors, ...validateConditions(status?.conditions)];
}
