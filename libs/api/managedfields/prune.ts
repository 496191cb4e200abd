/** What an applier no longer applies goes, unless somebody else owns it. */
import type { MessageSchema } from "#libs/schema/schema.ts";
import type { KubeObject } from "../resource.ts";
import type { Managed, Ownership } from "./entries.ts";
import { difference, intersection, isEmptySet, union, type FieldSet } from "./fieldset.ts";
import { fieldSetOfValue, withNamedFields } from "./fieldsof.ts";
import { removeFields } from "./remove.ts";
import { shapeOf, type Shape } from "./shape.ts";
import { canonical, type OtherVersions } from "./versions.ts";

export interface PruneInput {
  readonly schema: MessageSchema;
  readonly versions: OtherVersions | undefined;
  /** The live object with the new configuration merged in. */
  readonly merged: KubeObject;
  /** Owners, with what the writer applies now. */
  readonly owned: Managed;
  /** What the writer applied before. */
  readonly last: Ownership | undefined;
}

/** An object in one of its versions; the version is "" for the written one. */
interface Form {
  readonly version: string;
  readonly shape: Shape;
  readonly object: KubeObject;
}

/** A field goes when the writer applied it before, does not now, and nobody else owns it. */
export function prune(input: PruneInput): KubeObject {
  const { merged, owned, last } = input;
  if (last === undefined || isEmptySet(last.fields)) return merged;
  const written: Form = { version: "", shape: shapeOf(input.schema), object: merged };
  const before = inVersion(input, written, versionOf(input, last));
  const lastFields = withNamedFields(last.fields, before.shape);
  let whole = before;
  let pruned = { ...before, object: removed(before, lastFields) };
  for (const [version, fields] of fieldsByVersion(input, owned, before.version)) {
    whole = inVersion(input, whole, version);
    pruned = withOwned(whole, inVersion(input, pruned, version), fields);
  }
  pruned = inVersion(input, pruned, before.version);
  // Fields of nobody, and those of items that went with their parents, were never the writer's.
  const missing = difference(namedFields(before), namedFields(pruned));
  const left = { ...before, object: removed(before, intersection(missing, lastFields)) };
  return inVersion(input, left, "").object;
}

/** `whole` without what is missing in `pruned` and is nobody's. */
function withOwned(whole: Form, pruned: Form, owned: FieldSet): Form {
  const kept = union(namedFields(pruned), withNamedFields(owned, whole.shape));
  return { ...whole, object: removed(whole, difference(namedFields(whole), kept)) };
}

const namedFields = ({ shape, object }: Form): FieldSet =>
  withNamedFields(fieldSetOfValue(shape, object), shape);

const removed = ({ shape, object }: Form, fields: FieldSet): KubeObject =>
  removeFields(shape, object, fields) as KubeObject;

/** What is owned, in the first version first. */
function fieldsByVersion(input: PruneInput, owned: Managed, first: string): Map<string, FieldSet> {
  const byVersion = new Map<string, FieldSet>([[first, {}]]);
  for (const owner of owned.values()) {
    const version = versionOf(input, owner);
    byVersion.set(version, union(byVersion.get(version) ?? {}, owner.fields));
  }
  return byVersion;
}

const versionOf = ({ versions }: PruneInput, { apiVersion }: Ownership): string =>
  versions?.has(apiVersion) === true ? apiVersion : "";

function inVersion({ schema, versions }: PruneInput, form: Form, version: string): Form {
  if (form.version === version) return form;
  const written = versions?.get(form.version)?.toWritten(form.object) ?? form.object;
  const other = versions?.get(version);
  if (other === undefined) {
    return { version: "", shape: shapeOf(schema), object: canonical(schema, written) };
  }
  const object = canonical(other.schema, other.fromWritten(written));
  return { version, shape: shapeOf(other.schema), object };
}
