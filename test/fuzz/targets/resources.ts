/** Defaults, validation, preparation and tables of every kind. */
import { StatusError } from "#libs/api/errors.ts";
import type { KubeObject, RequestFacts, ResourceDefinition } from "#libs/api/resource.ts";
import { FieldTypeError } from "#libs/schema/index.ts";
import { tableRow } from "../../../services/apiserver/http/encode/table.ts";
import {
  prepareCreated,
  prepareUpdated,
  validateCreated,
  validateUpdated,
} from "../../../services/apiserver/registry/decide/validate.ts";
import { shown } from "../mutate.ts";
import { anyResource, decoded, oddSample, sample } from "../sample.ts";
import { refusing, type Target } from "../target.ts";

const facts: RequestFacts = {
  now: 1_780_000_000_000,
  verb: "create",
  subresource: "",
  user: "fuzzer",
  uuid: () => "00000000-0000-4000-8000-000000000000",
};
const creation = { now: facts.now, uid: "u", random: () => 0.5 };

/** What a create and an update do with an object before it is stored. */
export const objects: Target = {
  name: "objects",
  attempt: (random) => {
    const definition = anyResource(random);
    const given = sample(random, definition);
    const changed = oddSample(random, definition);
    return {
      input: `${definition.kind} ${shown(given)}\n${shown(changed)}`,
      run: () => {
        const first = read(definition, given);
        if (first === undefined) return;
        definition.defaults?.(first);
        prepareCreated(definition, first, facts, creation);
        validateCreated(definition, first, facts);
        definition.warnings?.(first, undefined);
        const second = read(definition, changed);
        if (second === undefined) return;
        definition.defaults?.(second);
        const draft = prepareUpdated(definition, undefined, second, first, facts);
        validateUpdated(definition, undefined, draft, first, facts);
        definition.warnings?.(draft, first);
        for (const part of definition.subresources) {
          if (part.type !== "part") continue;
          const subresource = { ...facts, subresource: part.name };
          const again = structuredClone(second);
          const merged = prepareUpdated(definition, part, again, first, subresource);
          validateUpdated(definition, part, merged, first, subresource);
        }
      },
    };
  },
};

/** A row of a table, and what field selectors see, of anything that could be stored. */
export const tables: Target = {
  name: "tables",
  attempt: (random) => {
    const definition = anyResource(random);
    const given = oddSample(random, definition);
    return {
      input: `${definition.kind} ${shown(given)}`,
      run: () => {
        const object = read(definition, given);
        if (object === undefined || hasNoContainers(definition, object)) return;
        const options = { apiVersion: "meta.k8s.io/v1", now: facts.now };
        // A selector that could not be stored cannot be shown.
        refusing(
          () => tableRow({ definition, object }, { ...options, include: "Metadata" }),
          StatusError,
        );
        for (const select of Object.values(definition.fieldSelectors)) select(object);
      },
    };
  },
};

/** Pods have some, or they are not stored. */
function hasNoContainers({ kind }: ResourceDefinition, object: KubeObject): boolean {
  const { spec } = object as { spec?: { containers?: unknown } | null };
  return kind === "Pod" && spec?.containers === null;
}

function read(definition: ResourceDefinition, value: unknown): KubeObject | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const object = refusing(() => decoded(definition, value), FieldTypeError);
  if (object !== undefined) object.metadata ??= {};
  return object;
}
