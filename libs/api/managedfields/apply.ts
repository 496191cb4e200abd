/** Server-side apply. */
import type { MessageSchema } from "#libs/schema/schema.ts";
import type { ManagedFieldsEntry } from "#proto/gen/k8s/meta/v1.ts";
import { badRequest, StatusError } from "../errors.ts";
import { depthMax, isDeeper } from "../patch/json-value.ts";
import type { KubeObject } from "../resource.ts";
import { compareObjects, exclude } from "./compare.ts";
import { conflictError } from "./conflicts.ts";
import {
  encodeManaged,
  setFields,
  storedManaged,
  writerId,
  type Ownership,
  type Writer,
} from "./entries.ts";
import { difference, isEmptySet, recursiveDifference, type FieldSet } from "./fieldset.ts";
import { fieldSetOfValue } from "./fieldsof.ts";
import { lastAppliedFields, withLastApplied } from "./lastapplied.ts";
import { mergeObjects } from "./merge.ts";
import { conflictsOf, takeFields, tracked } from "./owners.ts";
import { prune } from "./prune.ts";
import { shapeOf } from "./shape.ts";
import { emptyObject, recordUpdate } from "./update.ts";
import { typeErrorText } from "./validate.ts";
import { sameValue } from "./values.ts";
import { comparisonsOf, resetSet, type OtherVersions } from "./versions.ts";

/** Owns what was there before an object without entries is applied. */
const beforeFirstApply = "before-first-apply";
const kubectl = "kubectl";

export interface ApplyInput {
  readonly schema: MessageSchema;
  /** The stored object; undefined creates one. */
  readonly live: KubeObject | undefined;
  /** The configuration as it was sent, not defaulted. */
  readonly applied: unknown;
  readonly manager: string;
  /** Takes fields from other managers instead of conflicting with them. */
  readonly force: boolean;
  readonly apiVersion: string;
  readonly kind: string;
  /** "" for the object itself. */
  readonly subresource: string;
  /** RFC 3339 with seconds, as metav1.Time. */
  readonly time: string;
  /** Paths that this writer can never own. */
  readonly resetFields?: readonly string[] | undefined;
  /** Undefined where there is one version alone. */
  readonly versions?: OtherVersions | undefined;
}

export interface Applied {
  /**
   * The merged object without managedFields, sharing parts with the inputs: decode and default it
   * (nulls stand for what is absent).
   */
  readonly object: KubeObject;
  readonly managedFields: ManagedFieldsEntry[] | undefined;
  /** False when the object stays as it is; its entries may change all the same. */
  readonly changed: boolean;
}

/**
 * Merges a configuration into an object. Throws BadRequest for a body of another type, a plain 500
 * for fields that do not fit it, and Conflict, with a cause per field, when other managers own
 * fields that would change.
 */
export function apply(input: ApplyInput): Applied {
  const applied = checkApplied(input);
  const managed = storedManaged(input.live?.metadata?.managedFields);
  const live = withoutEntries(input.live ?? startOf(input));
  if (managed.size === 0) recordBeforeFirst(managed, input, live);
  const writer: Writer = { ...input, operation: "Apply" };
  const id = writerId(writer);
  const last = managed.get(id);
  const reset = resetSet(input.resetFields);
  const shape = shapeOf(input.schema);

  // The name counts while fields are removed: it keeps the metadata.
  const fields = recursiveDifference(fieldSetOfValue(shape, applied), reset);
  const owned = new Map(managed);
  owned.set(id, { ...writer, fields, time: last?.time });
  const merged = mergeObjects(shape, live, applied) as KubeObject;
  const { schema, versions } = input;
  const object = prune({ schema, versions, merged, owned, last });

  const comparison = exclude(compareObjects(shape, live, object), reset);
  const comparisons = comparisonsOf(comparison, { from: live, to: object }, versions);
  const conflicts = conflictsOf(owned, comparisons, id);
  refuse(input, live, owned, conflicts);
  takeFields(owned, comparisons, conflicts, id);
  const changed = !sameValue(live, object);
  const time = changed ? input.time : last?.time;
  setFields(owned, id, { ...writer, fields: {}, time }, tracked(fields, reset));
  return {
    object: input.manager === kubectl ? withLastApplied(object, applied) : object,
    managedFields: encodeManaged(owned),
    changed,
  };
}

function checkApplied({ schema, applied, apiVersion, kind }: ApplyInput): KubeObject {
  const given = (applied ?? {}) as KubeObject;
  const { metadata } = given;
  // What is no text counts as none, as unstructured objects have it in Kubernetes.
  const [givenVersion, givenKind] = [textOf(given.apiVersion), textOf(given.kind)];
  if (givenVersion !== apiVersion || givenKind !== kind) {
    throw badRequest(`invalid object type: ${kindText(givenVersion, givenKind)}`);
  }
  if (metadata?.managedFields !== undefined && metadata.managedFields !== null) {
    throw badRequest("metadata.managedFields must be nil");
  }
  if (isDeeper(applied, depthMax)) throw badRequest("error decoding YAML: exceeded max depth");
  const error = typeErrorText(shapeOf(schema), applied);
  if (error === undefined) return given;
  const place = `${metadata?.namespace ?? ""}/${metadata?.name ?? ""}`;
  const what = `${place}; ${kindText(apiVersion, kind)}`;
  throw new StatusError(500, "", `failed to create typed patch object (${what}): ${error}`);
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** `apps/v1, Kind=Deployment`; the core group is empty in front of its slash. */
const kindText = (apiVersion: string, kind: string) =>
  `${apiVersion.includes("/") ? apiVersion : `/${apiVersion}`}, Kind=${kind}`;

const startOf = ({ schema, apiVersion, kind }: ApplyInput): KubeObject => ({
  ...emptyObject(schema),
  apiVersion,
  kind,
});

function withoutEntries(object: KubeObject): KubeObject {
  if (object.metadata?.managedFields === undefined) return object;
  const { managedFields: _managedFields, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function recordBeforeFirst(
  managed: Map<string, Ownership>,
  { schema, versions, apiVersion, subresource, time, resetFields }: ApplyInput,
  live: KubeObject,
): void {
  const writer: Writer = {
    manager: beforeFirstApply,
    operation: "Update",
    apiVersion,
    subresource,
  };
  const [from, reset] = [emptyObject(schema), resetSet(resetFields)];
  recordUpdate(managed, { schema, versions, from, to: live, reset }, { ...writer, time });
}

/** kubectl may take the fields that it once applied on the client side. */
function refuse(
  input: ApplyInput,
  live: KubeObject,
  owned: ReadonlyMap<string, Ownership>,
  conflicts: ReadonlyMap<string, FieldSet>,
): void {
  if (input.force || conflicts.size === 0) return;
  if (input.manager !== kubectl) throw conflictError(owned, conflicts);
  const allowed = lastAppliedFields(input.schema, live) ?? {};
  const left = new Map<string, FieldSet>();
  for (const [id, fields] of conflicts) {
    const others = difference(fields, allowed);
    if (!isEmptySet(others)) left.set(id, others);
  }
  if (left.size > 0) throw conflictError(owned, left);
}
