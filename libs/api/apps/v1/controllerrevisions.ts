/** ControllerRevisions: past versions of what a stateful set or daemon set was asked for. */
import type { ControllerRevision } from "#proto/gen/k8s/apps/v1.ts";
import type { OwnerReference } from "#proto/gen/k8s/meta/v1.ts";
import { validateImmutable } from "../../equality.ts";
import { required, type FieldError } from "../../errors.ts";
import { ageColumn, nameColumn } from "../../printing.ts";
import { defineResource } from "../../resource.ts";
import { nonNegative } from "../../validation/fields.ts";
import { everyVerb } from "../../verbs.ts";

export const controllerrevisions = defineResource<ControllerRevision>({
  group: "apps",
  version: "v1",
  kind: "ControllerRevision",
  plural: "controllerrevisions",
  singular: "controllerrevision",
  shortNames: [],
  categories: [],
  scope: "Namespaced",
  verbs: everyVerb,
  message: "k8s.apps.v1.ControllerRevision",
  storageVersionHash: "85nkx63pcBU=",
  countsGeneration: false,
  createOnUpdate: false,
  unconditionalUpdate: true,
  confidential: false,
  ttlSeconds: 0,
  validate,
  validateUpdate: (revision, old) => [
    ...validate(revision),
    ...validateImmutable("data", revision.data, old.data),
  ],
  checkedAsNew: true,
  nameRule: "dnsSubdomain",
  subresources: [],
  printColumns: [
    nameColumn,
    {
      name: "Controller",
      type: "string",
      description: "Kind and name of what it is a version of.",
      cell: ({ metadata }) => ownerText(metadata?.ownerReferences ?? []),
    },
    {
      name: "Revision",
      type: "string",
      description: "Its place among the versions of its controller.",
      cell: ({ revision }) => revision ?? 0,
    },
    ageColumn,
  ],
  fieldSelectors: {},
  defaultPropagation: "background",
});

function validate({ data, revision }: ControllerRevision): FieldError[] {
  const isThere = data !== undefined && data !== null;
  return [
    ...nonNegative("revision", revision),
    ...(isThere ? [] : [required("data", "data is mandatory")]),
  ];
}

/** `statefulset.apps/web`. */
function ownerText(references: readonly OwnerReference[]): string {
  const owner = references.find(({ controller }) => controller === true);
  if (owner === undefined) return "<none>";
  const { apiVersion = "", kind = "", name = "" } = owner;
  const group = apiVersion.includes("/") ? `.${apiVersion.split("/")[0] ?? ""}` : "";
  return `${`${kind}${group}`.toLowerCase()}/${name}`;
}
