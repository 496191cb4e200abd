/** Owners who wrote in other versions than the one that is written now. */
import { readObject } from "#libs/schema/index.ts";
import type { MessageSchema } from "#libs/schema/schema.ts";
import type { KubeObject } from "../resource.ts";
import { compareObjects, exclude, type Comparison } from "./compare.ts";
import { fieldSetOfPaths, type FieldSet } from "./fieldset.ts";
import { shapeOf } from "./shape.ts";

/** Another version of the written object. Neither function changes its argument. */
export interface VersionForm {
  readonly schema: MessageSchema;
  /** Paths that its writers can never own. */
  readonly resetFields: readonly string[] | undefined;
  fromWritten(object: KubeObject): KubeObject;
  toWritten(object: KubeObject): KubeObject;
}

/** By apiVersion. Owners in a version that is not here are compared as if it were the same. */
export type OtherVersions = ReadonlyMap<string, VersionForm>;

/** The same change as each version sees it. */
export type Comparisons = (apiVersion: string) => Comparison;

/** `own` is the comparison in the written version; the others are made when they are asked for. */
export function comparisonsOf(
  own: Comparison,
  { from, to }: { readonly from: KubeObject; readonly to: KubeObject },
  versions: OtherVersions | undefined,
): Comparisons {
  if (versions === undefined) return () => own;
  const made = new Map<string, Comparison>();
  return (apiVersion) => {
    const form = versions.get(apiVersion);
    if (form === undefined) return own;
    const known = made.get(apiVersion);
    if (known !== undefined) return known;
    const shape = shapeOf(form.schema);
    const compared = compareObjects(shape, converted(form, from), converted(form, to));
    const comparison = exclude(compared, resetSet(form.resetFields));
    made.set(apiVersion, comparison);
    return comparison;
  };
}

function converted(form: VersionForm, object: KubeObject): KubeObject {
  return canonical(form.schema, form.fromWritten(object));
}

/** In the form in which objects of the schema are compared: without what is absent. */
export function canonical(schema: MessageSchema, object: KubeObject): KubeObject {
  const { metadata, ...rest } = object;
  const { managedFields: _managedFields, ...kept } = metadata ?? {};
  return readObject(schema, structuredClone({ ...rest, metadata: kept })).object;
}

const resetSets = new WeakMap<readonly string[], FieldSet>();

/** The set of a resource's reset fields, made once. */
export function resetSet(paths: readonly string[] | undefined): FieldSet {
  if (paths === undefined || paths.length === 0) return {};
  const known = resetSets.get(paths);
  if (known !== undefined) return known;
  const set = fieldSetOfPaths(paths);
  resetSets.set(paths, set);
  return set;
}
