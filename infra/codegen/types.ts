/** TypeScript types of all messages, one file a package. */
import type { FieldDescriptor, MessageDescriptor } from "#libs/schema/descriptor.ts";
import type { Descriptors } from "./read.ts";

const scalarTypes: Readonly<Record<string, string>> = {
  string: "string",
  bool: "boolean",
  int32: "number",
  uint32: "number",
  fixed32: "number",
  int64: "number",
  uint64: "number",
  double: "number",
};

/** What messages that are no objects in JSON look like. */
const formTypes: Readonly<Record<string, string>> = {
  quantity: "string",
  intOrString: "number | string",
  time: "string",
  microTime: "string",
  duration: "string",
  rawObject: "unknown",
  rawJson: "unknown",
  stringList: "string[]",
  schemaOr: "unknown",
};

const packageOf = (name: string) => name.slice(0, name.lastIndexOf("."));
const shortOf = (name: string) => name.slice(name.lastIndexOf(".") + 1);
const isKubernetes = (packageName: string) => packageName.startsWith("k8s.");
const aliasOf = (packageName: string) => packageName.replaceAll(".", "_");
const propertyName = (name: string) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : `"${name}"`);

/** Renders a message's name as seen from the file that uses it. */
type Refer = (type: string) => string;

/** File text by package name. */
export function typesByPackage(descriptors: Descriptors): ReadonlyMap<string, string> {
  const { messages, enums } = descriptors;
  const parts = new Map<string, string[]>();
  const imports = new Map<string, Set<string>>();
  const add = (name: string, text: string) =>
    parts.set(packageOf(name), [...(parts.get(packageOf(name)) ?? []), text]);
  for (const [name, values] of Object.entries(enums)) {
    const words = Object.keys(values).map((word) => `"${word}"`);
    add(name, `export type ${shortOf(name)} = ${words.join(" | ")};`);
  }
  for (const [name, message] of Object.entries(messages)) {
    const own = packageOf(name);
    const used = imports.get(own) ?? new Set();
    imports.set(own, used);
    const refer: Refer = (type) => {
      const form = messages[type]?.form;
      if (form && formTypes[form]) return formTypes[form];
      if (packageOf(type) === own) return shortOf(type);
      used.add(packageOf(type));
      return `${aliasOf(packageOf(type))}.${shortOf(type)}`;
    };
    add(name, declaration(name, message, refer, descriptors));
  }
  const files = new Map<string, string>();
  for (const [packageName, declarations] of parts) {
    const used = [...(imports.get(packageName) ?? [])].map(importLine);
    const head = "// Made by infra/codegen from proto/. Do not edit.";
    files.set(packageName, `${[head, ...used, ...declarations].join("\n")}\n`);
  }
  return files;
}

const importLine = (packageName: string) =>
  `import type * as ${aliasOf(packageName)} ` +
  `from "#proto/gen/${packageName.replaceAll(".", "/")}.ts";`;

function declaration(
  name: string,
  { form, fields, typeMeta, description }: MessageDescriptor,
  refer: Refer,
  { messages }: Descriptors,
): string {
  const short = shortOf(name);
  const comment = description ? `/** ${description.replaceAll("*/", "* /")} */\n` : "";
  if (form) return `${comment}export type ${short} = ${formTypes[form]};`;
  const kubernetes = isKubernetes(packageOf(name));
  const parents = fields.filter(({ inline }) => inline).map(({ type }) => refer(type));
  const lines = fields
    .filter(({ inline }) => !inline)
    .map((field) => `  ${property(field, kubernetes, refer, field.type in messages)}`);
  if (typeMeta) lines.unshift("  apiVersion?: string;", "  kind?: string;");
  const extending = parents.length > 0 ? ` extends ${parents.join(", ")}` : "";
  return `${comment}export interface ${short}${extending} {\n${lines.join("\n")}\n}`;
}

function property(
  { name, type, list, map, optional }: FieldDescriptor,
  kubernetes: boolean,
  refer: Refer,
  isMessage: boolean,
): string {
  // Bytes are base64 in Kubernetes' JSON, and raw everywhere else.
  const bytes = kubernetes ? "string" : "Uint8Array";
  const single = type === "bytes" ? bytes : (scalarTypes[type] ?? refer(type));
  const item = single.includes(" ") ? `(${single})` : single;
  const whole = list ? `${item}[]` : map ? `Record<string, ${single}>` : single;
  const isRequired = !kubernetes && (list || map || (!isMessage && !optional));
  return `${propertyName(name)}${isRequired ? "" : "?"}: ${whole};`;
}
