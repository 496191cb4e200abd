import { readFileSync } from "node:fs";

/** Where codegen puts what it read from the proto files. */
const descriptorFile = new URL("../../proto/gen/descriptor.json", import.meta.url);

/** Fields and their options as the proto files have them; absent means false, zero or empty. */
export interface FieldDescriptor {
  /** JSON name. */
  readonly name: string;
  readonly number: number;
  /** A scalar's name, or the full name of a message or enum; of a map, the type of its values. */
  readonly type: string;
  readonly list?: true;
  readonly map?: true;
  /** proto3 `optional`: a Go pointer. */
  readonly optional?: true;
  readonly description?: string;
  readonly inline?: true;
  readonly always?: true;
  readonly required?: true;
  readonly omit_zero?: true;
  readonly default_json?: string;
  readonly patch_strategy?: readonly ("merge" | "replace" | "retainKeys")[];
  readonly patch_merge_key?: string;
  readonly list_type?: "atomic" | "set" | "map";
  readonly list_map_keys?: readonly string[];
  readonly map_type?: "atomic" | "granular";
  readonly gate?: string;
  readonly enum?: readonly string[];
  readonly known?: readonly string[];
  readonly go_type?: string;
}

export interface MessageDescriptor {
  readonly fields: readonly FieldDescriptor[];
  readonly description?: string;
  readonly form?: string;
  readonly type_meta?: true;
  readonly kind?: true;
  readonly every_group?: true;
  readonly unpublished?: true;
  readonly json_only?: true;
  readonly map_type?: "atomic" | "granular";
  readonly union_discriminator?: string;
  readonly union_fields?: readonly string[];
}

export interface PackageDescriptor {
  readonly openapi_package?: string;
  readonly group?: string;
}

export interface Descriptor {
  readonly packages: Readonly<Record<string, PackageDescriptor>>;
  readonly messages: Readonly<Record<string, MessageDescriptor>>;
  /** Numbers by name, per enum. */
  readonly enums: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

let loaded: Descriptor | undefined;

/** The descriptor, read once. Throws when codegen has not run. */
export function descriptor(): Descriptor {
  loaded ??= JSON.parse(read()) as Descriptor;
  return loaded;
}

function read(): string {
  try {
    return readFileSync(descriptorFile, "utf8");
  } catch (cause) {
    throw new Error("proto/gen/descriptor.json is missing: run `npm run codegen`", { cause });
  }
}
