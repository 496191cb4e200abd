/** Reads the proto files into plain descriptors: what they say, without protobufjs' objects. */
import { readFile } from "node:fs/promises";
import protobuf from "protobufjs";
import type {
  EnumDescriptor,
  FieldDescriptor,
  MessageDescriptor,
} from "#libs/schema/descriptor.ts";

export interface Descriptors {
  readonly messages: Record<string, MessageDescriptor>;
  readonly enums: Record<string, EnumDescriptor>;
}

const fieldOption = "(kubus.schema.v1.field)";
const messageOption = "(kubus.schema.v1.message)";
const scalars: ReadonlySet<string> = new Set([
  "string",
  "bool",
  "int32",
  "uint32",
  "fixed32",
  "int64",
  "uint64",
  "double",
  "bytes",
]);

/** What our options extend; protobufjs has it in no form that its parser takes. */
const extended = `syntax = "proto2"; package google.protobuf;
  message FieldOptions { extensions 1000 to max; }
  message MessageOptions { extensions 1000 to max; }`;
/** Packages that are about proto files and never travel. */
const unused: ReadonlySet<string> = new Set(["google", "kubus.schema"]);

/** Parses files and resolves the names in them. Throws with the file's name on a mistake. */
export async function readProtos(files: readonly string[]): Promise<Descriptors> {
  const root = new protobuf.Root();
  protobuf.parse(extended, root);
  for (const file of files) {
    try {
      protobuf.parse(await readFile(file, "utf8"), root, {
        keepCase: false,
        alternateCommentMode: true,
        preferTrailingComment: false,
      });
    } catch (cause) {
      throw new Error(`${file}: ${String(cause)}`, { cause });
    }
  }
  root.resolveAll();
  const messages: Record<string, MessageDescriptor> = {};
  const enums: Record<string, EnumDescriptor> = {};
  visit(root, messages, enums);
  return { messages, enums };
}

function visit(
  parent: protobuf.NamespaceBase,
  messages: Record<string, MessageDescriptor>,
  enums: Record<string, EnumDescriptor>,
): void {
  for (const nested of parent.nestedArray) {
    if (unused.has(nameOf(nested))) continue;
    if (nested instanceof protobuf.Type) messages[nameOf(nested)] = messageOf(nested);
    if (nested instanceof protobuf.Enum) enums[nameOf(nested)] = { ...nested.values };
    if (nested instanceof protobuf.Namespace) visit(nested, messages, enums);
  }
}

const nameOf = ({ fullName }: protobuf.ReflectionObject) => fullName.replace(/^\./, "");
const textOf = ({ comment }: protobuf.ReflectionObject) => (comment ?? "").trim();

type Facts = Readonly<Record<string, unknown>>;

/** The facts of one option, whether written as one value or member by member. */
function factsOf({ parsedOptions, options }: protobuf.ReflectionObject, name: string): Facts {
  const facts: Record<string, unknown> = {};
  for (const parsed of (parsedOptions ?? []) as Record<string, unknown>[]) {
    const value = parsed[name];
    if (typeof value === "object" && value !== null) Object.assign(facts, value);
  }
  for (const [key, value] of Object.entries(options ?? {})) {
    if (key.startsWith(`${name}.`)) facts[key.slice(name.length + 1)] ??= value;
  }
  return Object.fromEntries(Object.entries(facts).map(([key, value]) => [camelCase(key), value]));
}

const camelCase = (text: string) =>
  text.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

function messageOf(type: protobuf.Type): MessageDescriptor {
  const facts = factsOf(type, messageOption);
  const description = textOf(type);
  return {
    ...facts,
    ...(description ? { description } : {}),
    fields: type.fieldsArray.map(fieldOf),
  } as MessageDescriptor;
}

function fieldOf(field: protobuf.Field): FieldDescriptor {
  field.resolve();
  const { enum: words, jsonName, ...facts } = factsOf(field, fieldOption);
  const description = textOf(field);
  const isMap = field instanceof protobuf.MapField;
  const isOptional = field.options?.proto3_optional === true;
  return {
    name: typeof jsonName === "string" ? jsonName : camelCase(field.name),
    number: field.id,
    type: typeOf(field),
    ...(isMap ? { map: true } : {}),
    ...(field.repeated ? { list: true } : {}),
    ...(isOptional ? { optional: true } : {}),
    ...(words ? { words } : {}),
    ...facts,
    ...(description ? { description } : {}),
  } as FieldDescriptor;
}

/** A scalar's name, or the full name of a message or enum. */
function typeOf({ type, resolvedType, fullName }: protobuf.Field): string {
  if (resolvedType) return nameOf(resolvedType);
  if (!scalars.has(type)) throw new Error(`${fullName}: cannot handle ${type}`);
  return type;
}
