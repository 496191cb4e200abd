import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import protobuf from "protobufjs";
import type {
  Descriptor,
  FieldDescriptor,
  MessageDescriptor,
  PackageDescriptor,
} from "#libs/schema/descriptor.ts";
import { checkImports, type ProtoFile } from "./imports.ts";

/** The options themselves are not messages that anybody exchanges. */
const optionsPackage = "k8s.schema";

/** Those that libs/schema encodes. */
const scalars: ReadonlySet<string> = new Set([
  ...["string", "bool", "bytes", "double"],
  ...["int32", "uint32", "fixed32", "int64", "uint64"],
]);

type Options = Readonly<Record<string, unknown>>;

/** Names of all proto files below a folder but for one part of it: sorted, as imports have them. */
export function protoFiles(folder: string, but: string): string[] {
  return readdirSync(folder)
    .filter((name) => join(folder, name) !== but)
    .flatMap((name) =>
      readdirSync(join(folder, name), { recursive: true, encoding: "utf8" })
        .filter((path) => path.endsWith(".proto"))
        .map((path) => `${name}/${path}`),
    )
    .toSorted();
}

/**
 * Everything that the proto files in a folder say. Throws with the place when a file does not
 * parse, a type is unknown or not imported, imports run in a circle, an option is not declared, or
 * two fields share a number or JSON name.
 */
export function readProtos(folder: string, names: readonly string[]): Descriptor {
  const root = new protobuf.Root();
  const packages: Record<string, PackageDescriptor> = {};
  const files = new Map<string, ProtoFile>();
  const known = new Set<protobuf.ReflectionObject>();
  for (const name of names) {
    const { package: packageName, imports = [] } = parse(folder, name, root);
    if (packageName === undefined) throw new Error(`${name}: no package`);
    const namespace = root.lookup(packageName);
    if (packageName !== optionsPackage) packages[packageName] = options(namespace, "file");
    const types = [...nested(root)].filter((object) => !known.has(object));
    for (const type of types) known.add(type);
    files.set(name, { imports, types });
  }
  const messages: Record<string, MessageDescriptor> = {};
  const enums: Record<string, Record<string, number>> = {};
  for (const object of known) {
    const name = object.fullName.slice(1);
    if (object instanceof protobuf.Enum) enums[name] = object.values;
    if (object instanceof protobuf.Type) messages[name] = message(object);
  }
  checkOptions(root, packages, messages);
  checkImports(files, messages);
  return { packages, messages, enums };
}

/** Kubernetes' names are camel case already, and not always as protobufjs would make them. */
const keepsCase = (name: string): boolean => name.startsWith("k8s/");

function parse(folder: string, name: string, root: protobuf.Root): protobuf.IParserResult {
  try {
    return protobuf.parse(readFileSync(join(folder, name), "utf8"), root, {
      keepCase: keepsCase(name),
      alternateCommentMode: true,
      preferTrailingComment: false,
    });
  } catch (cause) {
    throw new Error(`${name}: ${String(cause)}`, { cause });
  }
}

function* nested(namespace: protobuf.NamespaceBase): Generator<protobuf.ReflectionObject> {
  if (namespace.fullName === `.${optionsPackage}`) return;
  for (const object of namespace.nestedArray) {
    if (object instanceof protobuf.Enum || object instanceof protobuf.Type) yield object;
    if (object instanceof protobuf.Namespace) yield* nested(object);
  }
}

function message(type: protobuf.Type): MessageDescriptor {
  const fields = type.fieldsArray.map(field);
  for (const key of ["name", "number"] as const) {
    const values = fields.map((one) => one[key]).filter((value) => value !== "-");
    const twice = values.find((value, index) => values.indexOf(value) !== index);
    if (twice !== undefined) throw new Error(`${type.fullName}: ${key} ${twice} is used twice`);
  }
  return { ...description(type), ...options(type, "message"), fields };
}

function field(one: protobuf.Field): FieldDescriptor {
  const jsonName = one.options?.["json_name"];
  return {
    name: typeof jsonName === "string" ? jsonName : one.name,
    number: one.id,
    type: typeName(one),
    ...(one instanceof protobuf.MapField ? { map: true } : {}),
    ...(one.repeated ? { list: true } : {}),
    ...(one.options?.["proto3_optional"] === true || one.partOf ? { optional: true } : {}),
    ...description(one),
    ...options(one, "field"),
  };
}

function typeName(one: protobuf.Field): string {
  if (one instanceof protobuf.MapField && one.keyType !== "string") {
    throw new Error(`${one.fullName}: the keys of a map must be strings`);
  }
  if (scalars.has(one.type)) return one.type;
  const found = one.parent?.lookup(one.type, [protobuf.Type, protobuf.Enum]);
  if (!found) throw new Error(`${one.fullName}: unknown type ${one.type}`);
  return found.fullName.slice(1);
}

function description(object: protobuf.ReflectionObject): { description?: string } {
  const text = object.comment?.replaceAll(/\s+/g, " ").trim();
  return text ? { description: text } : {};
}

function options(object: protobuf.ReflectionObject | null, kind: string): Options {
  const all: Options[] = object?.parsedOptions ?? [];
  const ours = all.map((one) => one[`(schema.${kind})`]).filter((one) => one !== undefined);
  return Object.assign({}, ...ours) as Options;
}

/** A misspelt option would otherwise be a fact silently lost. */
function checkOptions(
  root: protobuf.Root,
  packages: Descriptor["packages"],
  messages: Descriptor["messages"],
): void {
  const declared = (name: string) =>
    new Set(root.lookupType(`${optionsPackage}.${name}`).fieldsArray.map((one) => one.name));
  const check = (place: string, known: ReadonlySet<string>, object: object) => {
    const wrong = Object.keys(object).find((key) => !known.has(key));
    if (wrong !== undefined) throw new Error(`${place}: unknown option ${wrong}`);
  };
  const [ofFile, ofMessage, ofField] = ["FileOptions", "MessageOptions", "FieldOptions"].map(
    declared,
  ) as [Set<string>, Set<string>, Set<string>];
  for (const word of ["fields", "description"]) ofMessage.add(word);
  for (const word of ["name", "number", "type", "list", "map", "optional", "description"]) {
    ofField.add(word);
  }
  for (const [name, one] of Object.entries(packages)) check(name, ofFile, one);
  for (const [name, one] of Object.entries(messages)) {
    check(name, ofMessage, one);
    for (const each of one.fields) check(`${name}.${each.name}`, ofField, each);
  }
}
