/** IngressClasses: who implements an ingress. */
import type {
  IngressClass,
  IngressClassParametersReference,
} from "#proto/gen/k8s/networking/v1.ts";
import { validateImmutable } from "../../equality.ts";
import { forbidden, notSupported, required, tooLong, type FieldError } from "../../errors.ts";
import { ageColumn, nameColumn } from "../../printing.ts";
import { defineResource } from "../../resource.ts";
import { dnsLabelField, domainPathField } from "../../validation/fields.ts";
import { everyVerb } from "../../verbs.ts";
import { validateReference } from "./references.ts";

const controllerBytesMax = 250;

export const ingressclasses = defineResource<IngressClass>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "IngressClass",
  plural: "ingressclasses",
  singular: "ingressclass",
  shortNames: [],
  categories: [],
  scope: "Cluster",
  verbs: everyVerb,
  message: "k8s.networking.v1.IngressClass",
  storageVersionHash: "l/iqIbDgFyQ=",
  countsGeneration: true,
  createOnUpdate: false,
  unconditionalUpdate: true,
  confidential: false,
  ttlSeconds: 0,
  defaults: ({ spec }) => {
    if (spec?.parameters) spec.parameters.scope ??= "Cluster";
  },
  validate,
  validateUpdate: (ingressClass, old) => [
    ...validateImmutable("spec.controller", controllerOf(ingressClass), controllerOf(old)),
    ...validate(ingressClass),
  ],
  checkedAsNew: true,
  nameRule: "dnsSubdomain",
  subresources: [],
  printColumns: [
    nameColumn,
    { name: "Controller", type: "string", cell: controllerOf },
    {
      name: "Parameters",
      type: "string",
      cell: ({ spec }) => (spec?.parameters ? parametersText(spec.parameters) : "<none>"),
    },
    ageColumn,
  ],
  fieldSelectors: {},
  defaultPropagation: "background",
});

function controllerOf({ spec }: IngressClass): string {
  return spec?.controller ?? "";
}

function parametersText({ apiGroup, kind = "", name = "" }: IngressClassParametersReference) {
  return apiGroup ? `${kind}.${apiGroup}/${name}` : `${kind}/${name}`;
}

function validate({ spec = {} }: IngressClass): FieldError[] {
  const { controller = "", parameters } = spec;
  const path = "spec.controller";
  const errors: FieldError[] = [];
  if (controller === "") errors.push(required(path, ""));
  else {
    if (Buffer.byteLength(controller) > controllerBytesMax) {
      errors.push(tooLong(path, controllerBytesMax));
    }
    errors.push(...domainPathField(path, controller));
  }
  return parameters === undefined
    ? errors
    : [...errors, ...validateParameters(parameters, "spec.parameters")];
}

function validateParameters(
  parameters: IngressClassParametersReference,
  path: string,
): FieldError[] {
  const { scope, namespace } = parameters;
  const errors = validateReference(parameters, path);
  const at = `${path}.namespace`;
  switch (scope) {
    case undefined:
      return [...errors, required(`${path}.scope`, "")];
    case "Namespace": {
      const detail = "`parameters.scope` is set to 'Namespace'";
      if (namespace === undefined) return [...errors, required(at, detail)];
      return [...errors, ...dnsLabelField(at, namespace)];
    }
    case "Cluster": {
      if (namespace === undefined) return errors;
      return [...errors, forbidden(at, "`parameters.scope` is set to 'Cluster'")];
    }
    default:
      return [...errors, notSupported(`${path}.scope`, scope, ["Cluster", "Namespace"])];
  }
}
