import type { Descriptor, FieldDescriptor, MessageDescriptor } from "#libs/schema/descriptor.ts";

const scalars: Readonly<Record<string, string>> = {
  string: "string",
  bool: "boolean",
  int32: "number",
  uint32: "number",
  int64: "number",
  uint64: "number",
  fixed32: "number",
  double: "number",
};

const forms: Readonly<Record<string, string>> = {
  FORM_QUANTITY: "string",
  FORM_INT_OR_STRING: "number | string",
  FORM_TIME: "string",
  FORM_MICRO_TIME: "string",
  FORM_DURATION: "string",
  FORM_RAW_OBJECT: "unknown",
  FORM_RAW_JSON: "unknown",
  FORM_STRING_LIST: "string[]",
};

/** The TypeScript module of each package, by package name. */
export function typeScriptModules(descriptor: Descriptor): Map<string, string> {
  const names = Map.groupBy(
    [...Object.keys(descriptor.messages), ...Object.keys(descriptor.enums)],
    packageOf,
  );
  return new Map(
    [...names].map(([name, members]) => [name, moduleText(descriptor, name, members)]),
  );
}

/** `k8s.core.v1` is `k8s/core/v1.ts`. */
export const modulePath = (packageName: string): string => `${packageName.replaceAll(".", "/")}.ts`;

const packageOf = (name: string): string => name.slice(0, name.lastIndexOf("."));
const shortName = (name: string): string => name.slice(name.lastIndexOf(".") + 1);
const alias = (packageName: string): string => packageName.replaceAll(".", "_");

function moduleText(descriptor: Descriptor, name: string, members: readonly string[]): string {
  const imported = new Set<string>();
  const reference = (type: string): string => {
    if (packageOf(type) === name) return shortName(type);
    imported.add(packageOf(type));
    return `${alias(packageOf(type))}.${shortName(type)}`;
  };
  const declarations = members.toSorted().map((member) => {
    const values = descriptor.enums[member];
    return values ? enumText(member, values) : messageText(descriptor, member, reference);
  });
  const imports = [...imported]
    .toSorted()
    .map((one) => `import type * as ${alias(one)} from "#proto/gen/${modulePath(one)}";\n`);
  return [
    "// Generated from the proto files by infra/codegen.\n",
    ...imports,
    ...declarations,
  ].join("\n");
}

function enumText(name: string, values: Readonly<Record<string, number>>): string {
  const words = Object.keys(values).map((word) => `  | ${JSON.stringify(word)}`);
  return `export type ${shortName(name)} =\n${words.join("\n")};\n`;
}

function messageText(
  descriptor: Descriptor,
  name: string,
  reference: (type: string) => string,
): string {
  const message = descriptor.messages[name] as MessageDescriptor;
  const head = `${comment("", message.description)}export `;
  const form = message.form ?? "FORM_STRUCT";
  if (form === "FORM_SCHEMA_OR") {
    const members = message.fields.map((field) => valueType(field, reference));
    return `${head}type ${shortName(name)} = ${members.join(" | ")};\n`;
  }
  const simple = forms[form];
  if (simple !== undefined) return `${head}type ${shortName(name)} = ${simple};\n`;
  const json = name.startsWith("k8s.");
  const inlined = message.fields.filter((field) => field.inline);
  const bases = inlined.map((field) => reference(field.type));
  const parents = bases.length > 0 ? ` extends ${bases.join(", ")}` : "";
  const lines = message.fields
    .filter((field) => !field.inline)
    .map((field) => {
      const optional = json || isOptional(descriptor, field) ? "?" : "";
      const key = /^\w+$/.test(field.name) ? field.name : JSON.stringify(field.name);
      const type = json ? jsonType(field, reference) : valueType(field, reference);
      return `${comment("  ", field.description)}  ${key}${optional}: ${type};\n`;
    });
  const typeMeta = message.type_meta ? "  apiVersion?: string;\n  kind?: string;\n" : "";
  return `${head}interface ${shortName(name)}${parents} {\n${typeMeta}${lines.join("")}}\n`;
}

function isOptional(descriptor: Descriptor, field: FieldDescriptor): boolean {
  if (field.list || field.map) return false;
  return field.optional === true || descriptor.messages[field.type] !== undefined;
}

/** Bytes are base64 in JSON, and typed arrays in Kubus' own messages. */
function jsonType(field: FieldDescriptor, reference: (type: string) => string): string {
  return field.type === "bytes" ? shaped(field, "string") : valueType(field, reference);
}

function valueType(field: FieldDescriptor, reference: (type: string) => string): string {
  const scalar = field.type === "bytes" ? "Uint8Array" : scalars[field.type];
  return shaped(field, scalar ?? reference(field.type));
}

function shaped(field: FieldDescriptor, type: string): string {
  if (field.map) return `Record<string, ${type}>`;
  return field.list ? `${type}[]` : type;
}

const comment = (indent: string, text: string | undefined): string =>
  text ? `${indent}/** ${text.replaceAll("*/", "* /")} */\n` : "";
