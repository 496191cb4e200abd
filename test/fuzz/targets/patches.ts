/** Patches of every kind, and server-side apply by several managers. */
import { StatusError } from "#libs/api/errors.ts";
import { apply } from "#libs/api/managedfields/apply.ts";
import { trackUpdate } from "#libs/api/managedfields/update.ts";
import { applyJsonPatch, jsonPatchOddities } from "#libs/api/patch/json.ts";
import type { JsonObject } from "#libs/api/patch/json-value.ts";
import { applyMergePatch } from "#libs/api/patch/merge.ts";
import { applyStrategicMergePatch } from "#libs/api/patch/strategic.ts";
import { type KubeObject, type ResourceDefinition, apiVersionOf } from "#libs/api/resource.ts";
import { FieldTypeError, readObject, schemaOf } from "#libs/schema/index.ts";
import { exactText } from "#libs/schema/exactjson.ts";
import type { Random } from "#libs/schema/arbitrary.ts";
import { frozen, mutateValue, pick, shown } from "../mutate.ts";
import { anyResource, decoded, oddSample, sample } from "../sample.ts";
import { refusing, require, type Target } from "../target.ts";

type Patch = (object: JsonObject, patch: unknown, definition: ResourceDefinition) => unknown;

function patchTarget(
  name: string,
  apply: Patch,
  patchOf: (random: Random, definition: ResourceDefinition, object: KubeObject) => unknown,
): Target {
  return {
    name,
    attempt: (random) => {
      const definition = anyResource(random);
      const object = frozen(decoded(definition, sample(random, definition)));
      const patch = frozen(patchOf(random, definition, object));
      return {
        input: `${definition.kind} ${shown(object)}\n${shown(patch)}`,
        run: () => {
          refusing(() => apply(object as unknown as JsonObject, patch, definition), StatusError);
          require(!Object.hasOwn(Object.prototype, "a"), "prototypes stay as they are");
        },
      };
    },
  };
}

const partial = (random: Random, definition: ResourceDefinition, object: KubeObject): unknown =>
  random() < 0.5 ? oddSample(random, definition) : mutateValue(random, object);

export const mergePatches = patchTarget("merge-patch", applyMergePatch, partial);

export const strategicPatches = patchTarget(
  "strategic-patch",
  (object, patch, { message }) => applyStrategicMergePatch(schemaOf(message), object, patch),
  partial,
);

export const jsonPatches = patchTarget(
  "json-patch",
  (object, patch) => {
    jsonPatchOddities(patch);
    return applyJsonPatch(object, patch);
  },
  (random, _definition, object) =>
    random() < 0.1
      ? mutateValue(random, [operation(random, object)])
      : Array.from({ length: 1 + Math.floor(random() * 6) }, () => operation(random, object)),
);

function operation(random: Random, object: KubeObject): unknown {
  const op = pick(random, ["add", "remove", "replace", "move", "copy", "test", "none"]);
  const path = pointer(random, object);
  return { op, path, from: pointer(random, object), value: mutateValue(random, object) };
}

function pointer(random: Random, object: unknown): string {
  let path = "";
  let at = object;
  while (typeof at === "object" && at !== null && random() < 0.8) {
    const keys = [...Object.keys(at), "-", "0", "-1", "__proto__", "constructor", ""];
    const key = pick(random, keys);
    path += `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    at = Object.hasOwn(at, key) ? (at as Record<string, unknown>)[key] : undefined;
  }
  return path;
}

/** Managers apply, update and apply again; who applies twice changes nothing. */
export const applies: Target = {
  name: "apply",
  attempt: (random) => {
    const definition = anyResource(random);
    const first = sample(random, definition);
    const steps = Array.from({ length: 4 }, () => ({
      manager: pick(random, ["a", "b", "kubectl"]),
      force: random() < 0.5,
      update: random() < 0.3,
      value: random() < 0.3 ? mutateValue(random, first) : sample(random, definition),
    }));
    return {
      input: `${definition.kind} ${steps.map(shown).join("\n")}`,
      run: () => void steps.reduce(step(definition), undefined as KubeObject | undefined),
    };
  },
};

interface Step {
  readonly manager: string;
  readonly force: boolean;
  readonly update: boolean;
  readonly value: unknown;
}

const time = "2026-01-02T03:04:05Z";

function step(definition: ResourceDefinition) {
  const schema = schemaOf(definition.message);
  const common = { schema, apiVersion: apiVersionOf(definition), subresource: "", time };
  const { kind } = definition;
  return (live: KubeObject | undefined, { manager, force, update, value }: Step) => {
    if (update) {
      const updated = refusing(() => readObject(schema, value), FieldTypeError, StatusError);
      if (updated === undefined) return live;
      const object = updated.object as KubeObject;
      const managedFields = trackUpdate({ ...common, live, updated: object, manager });
      return withEntries(object, managedFields);
    }
    const applied = frozen(withoutEntries(value));
    const once = (before: KubeObject | undefined): KubeObject | undefined => {
      const merged = refusing(
        () => apply({ ...common, kind, manager, force, live: before, applied }),
        StatusError,
      );
      if (merged === undefined) return undefined;
      const copy = structuredClone(merged.object);
      const read = refusing(() => readObject(schema, copy), FieldTypeError);
      return read && withEntries(read.object as KubeObject, merged.managedFields);
    };
    const object = once(live);
    const again = object && once(object);
    const settled = again && once(again);
    // An empty key of a list is stored as none, and so is another one the next time.
    if (settled !== undefined && !/:(null|"")/.test(exactText(applied))) {
      const same = exactText(settled) === exactText(again);
      require(same, "whoever applies again and again changes nothing");
    }
    return object ?? live;
  };
}

function withEntries(
  object: KubeObject,
  managedFields: ReturnType<typeof trackUpdate>,
): KubeObject {
  const { managedFields: _before, ...metadata } = object.metadata ?? {};
  return { ...object, metadata: { ...metadata, ...(managedFields ? { managedFields } : {}) } };
}

/** A client that applies sends no entries. */
function withoutEntries(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const { metadata } = value as KubeObject;
  if (typeof metadata !== "object" || metadata === null) return value;
  const { managedFields: _managedFields, ...kept } = metadata;
  return { ...value, metadata: kept };
}
