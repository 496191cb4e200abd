/** Secrets: values that only their readers may see. */
import type { Secret } from "#proto/gen/k8s/core/v1.ts";
import { semanticEqual, validateImmutable } from "../../equality.ts";
import { forbidden, invalid, required, tooLong, type FieldError } from "../../errors.ts";
import { configKeyErrors } from "../../names.ts";
import { ageColumn, nameColumn } from "../../printing.ts";
import { defineResource } from "../../resource.ts";
import { everyVerb } from "../../verbs.ts";

/** All values of a secret or config map together. */
export const dataBytesMax = 1024 * 1024;

export const secrets = defineResource<Secret>({
  group: "",
  version: "v1",
  kind: "Secret",
  plural: "secrets",
  singular: "secret",
  shortNames: [],
  categories: [],
  scope: "Namespaced",
  verbs: everyVerb,
  message: "k8s.core.v1.Secret",
  storageVersionHash: "S6u1pOWzb84=",
  countsGeneration: false,
  createOnUpdate: false,
  unconditionalUpdate: true,
  confidential: true,
  ttlSeconds: 0,
  defaults,
  validate,
  validateUpdate,
  checkedAsNew: true,
  nameRule: "dnsSubdomain",
  warnings,
  subresources: [],
  printColumns: [
    nameColumn,
    { name: "Type", type: "string", cell: ({ type }) => type ?? "" },
    {
      name: "Data",
      type: "string",
      description: "How many keys it has.",
      cell: ({ data }) => Object.keys(data ?? {}).length,
    },
    ageColumn,
  ],
  fieldSelectors: { type: ({ type }) => type ?? "" },
  defaultPropagation: "background",
});

/** `stringData` is a way to write `data`: it is folded in here and never stored. */
function defaults(draft: Secret): void {
  draft.type ||= "Opaque";
  const { stringData } = draft;
  delete draft.stringData;
  if (stringData === undefined || Object.keys(stringData).length === 0) return;
  const encoded = Object.entries(stringData).map(([key, text]) => [
    key,
    Buffer.from(text).toString("base64"),
  ]);
  draft.data = { ...draft.data, ...Object.fromEntries(encoded) };
}

function validate(secret: Secret): FieldError[] {
  const { data = {} } = secret;
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const key of Object.keys(data).sort()) {
    errors.push(...configKeyErrors(key).map((text) => invalid(`data[${key}]`, key, text)));
    bytes += base64Bytes(data[key] ?? "");
  }
  if (bytes > dataBytesMax) errors.push(tooLong("data", dataBytesMax));
  return [...errors, ...validateType(secret)];
}

const serviceAccountName = "kubernetes.io/service-account.name";

function validateType({ type, data = {}, metadata }: Secret): FieldError[] {
  const missing = (key: string) => (Object.hasOwn(data, key) ? [] : [required(`data[${key}]`, "")]);
  switch (type) {
    case "kubernetes.io/service-account-token": {
      if (metadata?.annotations?.[serviceAccountName]) return [];
      return [required(`metadata.annotations[${serviceAccountName}]`, "")];
    }
    case "kubernetes.io/dockercfg":
      return validateJson(".dockercfg", data);
    case "kubernetes.io/dockerconfigjson":
      return validateJson(".dockerconfigjson", data);
    case "kubernetes.io/basic-auth":
      if ("username" in data || "password" in data) return [];
      return [...missing("username"), ...missing("password")];
    case "kubernetes.io/ssh-auth":
      return data["ssh-privatekey"] ? [] : [required("data[ssh-privatekey]", "")];
    case "kubernetes.io/tls":
      return [...missing("tls.crt"), ...missing("tls.key")];
    default:
      return [];
  }
}

function validateJson(key: string, data: Readonly<Record<string, string>>): FieldError[] {
  const value = data[key];
  if (value === undefined) return [required(`data[${key}]`, "")];
  const detail = jsonObjectError(Buffer.from(value, "base64").toString());
  if (detail === "") return [];
  return [invalid(`data[${key}]`, "<secret contents redacted>", detail)];
}

/** Why a text is no JSON object, nearly as Go's encoding/json says it; empty: it is one. */
function jsonObjectError(text: string): string {
  const first = text.trimStart()[0];
  try {
    const value: unknown = JSON.parse(text);
    if (value === null || (typeof value === "object" && !Array.isArray(value))) return "";
    const type = typeof value === "boolean" ? "bool" : typeof value;
    const kind = Array.isArray(value) ? "array" : type;
    return `json: cannot unmarshal ${kind} into Go value of type map[string]interface {}`;
  } catch {
    if (first === undefined) return "unexpected end of JSON input";
    if (/[[{"\dtfn-]/.test(first)) return "unexpected end of JSON input";
    return `invalid character '${first}' looking for beginning of value`;
  }
}

const immutableText = "field is immutable when `immutable` is set";

function validateUpdate(secret: Secret, old: Secret): FieldError[] {
  const errors = validateImmutable("type", secret.type, old.type);
  if (old.immutable === true) {
    if (secret.immutable !== true) errors.push(forbidden("immutable", immutableText));
    if (!semanticEqual(secret.data, old.data)) errors.push(forbidden("data", immutableText));
  }
  return [...errors, ...validate(secret)];
}

function warnings({ type, data = {} }: Secret): string[] {
  if (type !== "kubernetes.io/tls") return [];
  const lacksPem = (key: string) =>
    !Buffer.from(data[key] ?? "", "base64")
      .toString("latin1")
      .includes("-----BEGIN ");
  if (lacksPem("tls.crt")) return ["tls: failed to find any PEM data in certificate input"];
  if (lacksPem("tls.key")) return ["tls: failed to find any PEM data in key input"];
  return [];
}

/** How many bytes a base64 text stands for. */
export const base64Bytes = (text: string): number => Buffer.byteLength(text, "base64");
