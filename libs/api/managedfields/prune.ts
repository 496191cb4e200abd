/** What an applier no longer applies goes, unless somebody else owns it. */
import type { Managed, Ownership } from "./entries.ts";
import { difference, intersection, isEmptySet, union, type FieldSet } from "./fieldset.ts";
import { fieldSetOfValue, withNamedFields } from "./fieldsof.ts";
import { removeFields } from "./remove.ts";
import type { Shape } from "./shape.ts";

export interface PruneInput {
  readonly shape: Shape;
  /** The live object with the new configuration merged in. */
  readonly merged: unknown;
  /** Owners, with what the writer applies now. */
  readonly owned: Managed;
  readonly writer: string;
  /** What the writer applied before. */
  readonly last: Ownership | undefined;
}

/** A field goes when the writer applied it before, does not now, and nobody else owns it. */
export function prune({ shape, merged, owned, last }: PruneInput): unknown {
  if (last === undefined || isEmptySet(last.fields)) return merged;
  const lastFields = withNamedFields(last.fields, shape);
  const mergedFields = withNamedFields(fieldSetOfValue(shape, merged), shape);
  const setOf = (value: unknown) => withNamedFields(fieldSetOfValue(shape, value), shape);

  const pruned = removeFields(shape, merged, lastFields);
  const ownedFields = withNamedFields(allFields(owned), shape);
  const gone = difference(mergedFields, union(setOf(pruned), ownedFields));
  const withOwned = removeFields(shape, merged, gone);
  // Fields of nobody, and those of items that went with their parents, were never the writer's.
  const missing = difference(mergedFields, setOf(withOwned));
  return removeFields(shape, merged, intersection(missing, lastFields));
}

function allFields(owned: Managed): FieldSet {
  let all: FieldSet = {};
  for (const { fields } of owned.values()) all = union(all, fields);
  return all;
}
