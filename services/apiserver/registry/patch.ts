/** Patches: JSON, merge and strategic ones; apply is another thing (apply.ts). */
import { badRequest, invalid, invalidObject, type StatusError } from "#libs/api/errors.ts";
import { goJson, goValue } from "#libs/api/gotext.ts";
import type { KubeObject } from "#libs/api/resource.ts";
import type { JsonObject } from "#libs/api/patch/json-value.ts";
import { applyJsonPatch, jsonPatchOddities } from "#libs/api/patch/json.ts";
import { applyMergePatch } from "#libs/api/patch/merge.ts";
import { restoreError } from "#libs/api/patch/strategic/restore.ts";
import { applyStrategicMergePatch } from "#libs/api/patch/strategic.ts";
import type { MessageSchema } from "#libs/schema/schema.ts";
import type { RegistryContext } from "./context.ts";
import {
  checkName,
  expectedKind,
  placeInNamespace,
  readFields,
  type Draft,
  type ExpectedKind,
} from "./draft.ts";
import { recordUpdate } from "./fields.ts";
import type { Body, Caller, PatchType, Place, WriteOptions, Written } from "./request.ts";
import { changeObject, type Change } from "./update.ts";

/** Patches an object as the newest version stands; applies again when somebody was faster. */
export async function patchObject(
  context: RegistryContext,
  caller: Caller,
  place: Place,
  type: PatchType,
  body: Body,
  options: WriteOptions,
): Promise<Written> {
  const { definition } = place;
  let warnings: readonly string[] = [];
  const change: Change = {
    verb: "patch",
    create: undefined,
    build: (current) => {
      const kind = expectedKind(definition);
      const draft = patchedDraft(kind, type, body, current.object, options);
      warnings = draft.warnings;
      checkName(place, draft.object);
      placeInNamespace(place, draft.object);
      definition.defaults?.(draft.object);
      return recordUpdate(context, caller, place, current.object, draft.object, options);
    },
  };
  const written = await changeObject(context, caller, place, change, options);
  return { ...written, warnings: [...warnings, ...written.warnings] };
}

/** The patched object as a draft of its own. Throws Invalid when it does not fit the kind. */
export function patchedDraft(
  kind: ExpectedKind,
  type: PatchType,
  body: Body,
  object: KubeObject,
  { fieldValidation }: WriteOptions,
): Draft {
  const patched = patchValue(type, body, object, kind.schema);
  const strategic = type === "application/strategic-merge-patch+json";
  const shown = () => (strategic ? goValue(body.value) : goJson(patched));
  const refuse = (why: string): StatusError =>
    invalidObject({ group: "", name: "" }, "", [
      invalid("patch", shown(), (strategic && restoreError(kind.schema, patched)) || why),
    ]);
  const oddities = type === "application/json-patch+json" ? jsonPatchOddities(body.value) : [];
  const result = {
    value: patched,
    duplicates: [...body.duplicates, ...oddities],
    canonical: false,
  };
  return readFields(kind, result, fieldValidation, refuse);
}

/** What the patch makes of the object; neither is changed. */
function patchValue(
  type: PatchType,
  { value }: Body,
  object: KubeObject,
  schema: MessageSchema,
): unknown {
  const before = object as unknown as JsonObject;
  switch (type) {
    case "application/json-patch+json":
      return applyJsonPatch(before, value);
    case "application/merge-patch+json":
      return applyMergePatch(before, value);
    case "application/strategic-merge-patch+json":
      return applyStrategicMergePatch(schema, before, value);
    default:
      throw badRequest(`not a patch of an object: ${type}`);
  }
}
