/** DeviceClasses: kinds of devices that claims can ask for. */
import type { DeviceClass } from "#proto/gen/k8s/resource/v1.ts";
import { semanticEqual } from "../../equality.ts";
import { invalid, type FieldError } from "../../errors.ts";
import { isExtended } from "../../podtemplate/resources.ts";
import { ageColumn, nameColumn } from "../../printing.ts";
import { defineResource } from "../../resource.ts";
import { everyVerb } from "../../verbs.ts";
import { configsMax, validateConfiguration, validateSelectors } from "./configuration.ts";
import { validateList } from "./lists.ts";

export const deviceclasses = defineResource<DeviceClass>({
  group: "resource.k8s.io",
  version: "v1",
  kind: "DeviceClass",
  plural: "deviceclasses",
  singular: "deviceclass",
  shortNames: [],
  categories: [],
  scope: "Cluster",
  verbs: everyVerb,
  message: "k8s.resource.v1.DeviceClass",
  storageVersionHash: "Yk2PTc1Ybxk=",
  countsGeneration: true,
  createOnUpdate: false,
  unconditionalUpdate: true,
  confidential: false,
  ttlSeconds: 0,
  validate: (draft) => validate(draft),
  validateUpdate: validate,
  checkedAsNew: true,
  nameRule: "dnsSubdomain",
  subresources: [],
  printColumns: [nameColumn, ageColumn],
  fieldSelectors: {},
  defaultPropagation: "background",
});

function validate({ spec = {} }: DeviceClass, old?: DeviceClass): FieldError[] {
  const { extendedResourceName: name } = spec;
  const isStored = old !== undefined && semanticEqual(spec.config, old.spec?.config);
  const errors = [
    ...validateSelectors(spec.selectors, "spec.selectors"),
    ...validateList(spec.config, configsMax, "spec.config", (config, path) =>
      validateConfiguration(config, path, { isStored }),
    ),
  ];
  if (name === undefined || isExtended(name)) return errors;
  const detail = "must be a valid extended resource name";
  return [...errors, invalid("spec.extendedResourceName", name, detail)];
}
