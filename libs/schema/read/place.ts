/** Where a value stands that is read, and what an error says about it. */
import type { MessageSchema } from "../schema.ts";
import { FieldTypeError, jsonKind } from "./error.ts";

/** Where reading is, and in which order it visits keys. */
export interface Place {
  /** Go's path to the current struct: JSON names, and the names of embedded structs. */
  readonly path: string[];
  /**
   * Keys are visited as they stand in the text and reading goes on behind an error, to find the one
   * that Go reports.
   */
  readonly inOrder: boolean;
  /** The first error that reading went on behind. */
  first: FieldTypeError | undefined;
  /** A key was met that its schema does not have. */
  isOdd: boolean;
}

/** Reads one value, never null; `field` tells errors where. */
export type ValueReader = (value: unknown, place: Place, field: FieldPlace) => unknown;

/** What an error says about the field. */
export interface FieldPlace {
  /** Go struct that has it. */
  readonly struct: string;
  /** JSON name, behind the names of embedded structs. */
  readonly path: string;
}

/** Makes the reader of a message that is an object; `type` is its Go type. */
export type NestedReader = (message: MessageSchema, type: string) => ValueReader;

/** `detail` follows the kind of the value: the number that does not fit. `Kind` is of the error. */
export function wrongType(
  value: unknown,
  { path }: Place,
  { struct, path: name }: FieldPlace,
  type: string,
  detail = "",
  Kind: typeof FieldTypeError = FieldTypeError,
): FieldTypeError {
  const full = [...path, name].join(".");
  return new Kind(
    `json: cannot unmarshal ${jsonKind(value)}${detail} into Go struct field ` +
      `${struct}.${full} of type ${type}`,
  );
}
