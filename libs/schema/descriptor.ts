/** The proto files as plain data, as infra/codegen writes them to proto/gen. */
import { readFileSync } from "node:fs";
import type { MessageForm } from "./schema.ts";

export interface FieldDescriptor {
  readonly name: string;
  readonly number: number;
  /** A scalar's name, or the full name of a message or enum. */
  readonly type: string;
  readonly list?: true;
  readonly map?: true;
  readonly optional?: true;
  readonly always?: true;
  readonly pointer?: true;
  readonly omitZero?: true;
  readonly inline?: true;
  readonly required?: true;
  readonly defaultJson?: string;
  readonly words?: readonly string[];
  readonly known?: readonly string[];
  readonly patchStrategy?: readonly ("merge" | "replace" | "retainKeys")[];
  readonly patchMergeKey?: string;
  readonly listType?: "atomic" | "set" | "map";
  readonly listMapKeys?: readonly string[];
  readonly mapType?: "atomic" | "granular";
  readonly gate?: string;
  readonly description?: string;
}

export interface MessageDescriptor {
  readonly form?: MessageForm;
  readonly openapi?: string;
  readonly typeMeta?: true;
  readonly mapType?: "atomic" | "granular";
  readonly gvk?: string;
  readonly unionsJson?: string;
  readonly description?: string;
  readonly fields: readonly FieldDescriptor[];
}

/** Numbers by name. */
export type EnumDescriptor = Readonly<Record<string, number>>;

interface Descriptors {
  readonly messages: Readonly<Record<string, MessageDescriptor>>;
  readonly enums: Readonly<Record<string, EnumDescriptor>>;
}

let loaded: Descriptors | undefined;

/** All descriptors, read once. Throws when the code generator did not run. */
export function descriptors(): Descriptors {
  if (loaded) return loaded;
  const file = new URL("../../proto/gen/descriptor.json", import.meta.url);
  loaded = JSON.parse(readFileSync(file, "utf8")) as Descriptors;
  return loaded;
}
