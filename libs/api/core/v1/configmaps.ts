/** ConfigMaps: small files and settings for pods. */
import type { ConfigMap } from "#proto/gen/k8s/core/v1.ts";
import { semanticEqual } from "../../equality.ts";
import { forbidden, invalid, tooLong, type FieldError } from "../../errors.ts";
import { configKeyErrors } from "../../names.ts";
import { ageColumn, nameColumn } from "../../printing.ts";
import { defineResource } from "../../resource.ts";
import { everyVerb } from "../../verbs.ts";
import { base64Bytes, dataBytesMax } from "./secrets.ts";

export const configmaps = defineResource<ConfigMap>({
  group: "",
  version: "v1",
  kind: "ConfigMap",
  plural: "configmaps",
  singular: "configmap",
  shortNames: ["cm"],
  categories: [],
  scope: "Namespaced",
  verbs: everyVerb,
  message: "k8s.core.v1.ConfigMap",
  storageVersionHash: "qFsyl6wFWjQ=",
  countsGeneration: false,
  createOnUpdate: false,
  unconditionalUpdate: true,
  confidential: false,
  ttlSeconds: 0,
  validate,
  validateUpdate,
  checkedAsNew: true,
  nameRule: "dnsSubdomain",
  subresources: [],
  printColumns: [
    nameColumn,
    { name: "Data", type: "string", description: "How many keys it has.", cell: keyCount },
    ageColumn,
  ],
  fieldSelectors: {},
  defaultPropagation: "background",
});

function keyCount({ data, binaryData }: ConfigMap): number {
  return Object.keys(data ?? {}).length + Object.keys(binaryData ?? {}).length;
}

function validate({ data = {}, binaryData = {} }: ConfigMap): FieldError[] {
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const key of Object.keys(data).sort()) {
    errors.push(...configKeyErrors(key).map((text) => invalid(`data[${key}]`, key, text)));
    if (Object.hasOwn(binaryData, key)) {
      errors.push(invalid(`data[${key}]`, key, "duplicate of key present in binaryData"));
    }
    bytes += Buffer.byteLength(data[key] ?? "");
  }
  for (const key of Object.keys(binaryData).sort()) {
    errors.push(...configKeyErrors(key).map((text) => invalid(`binaryData[${key}]`, key, text)));
    bytes += base64Bytes(binaryData[key] ?? "");
  }
  // The error concerns the whole object: it names no field.
  if (bytes > dataBytesMax) errors.push(tooLong("[]", dataBytesMax));
  return errors;
}

const immutableText = "field is immutable when `immutable` is set";

function validateUpdate(configMap: ConfigMap, old: ConfigMap): FieldError[] {
  const errors: FieldError[] = [];
  if (old.immutable === true) {
    if (configMap.immutable !== true) errors.push(forbidden("immutable", immutableText));
    for (const field of ["data", "binaryData"] as const) {
      if (semanticEqual(configMap[field], old[field])) continue;
      errors.push(forbidden(field, immutableText));
    }
  }
  return [...errors, ...validate(configMap)];
}
