/** What is asked of a definition; an update does not ask what the stored one does not keep. */
import type { CustomResourceDefinition } from "#proto/gen/k8s/apiextensions/v1.ts";
import { sameJson } from "../../schema/json.ts";
import {
  atomicSetFields,
  isKnownType,
  listMapKeyFields,
  type SchemaRules,
} from "../../schema/openapi.ts";
import { validateDefaults } from "../../schema/defaults.ts";
import { structuralReadError, validateStructural } from "../../schema/structural.ts";
import { schemaHas, type Schema } from "../../schema/tree.ts";
import { hasKnownReview } from "./conversion.ts";

export interface SpecOptions extends SchemaRules {
  readonly requiresKnownReview: boolean;
  readonly requiresSchema: boolean;
  readonly requiresStructural: boolean;
  readonly requiresPrunedDefaults: boolean;
  /** Names of versions with more selectable fields than there may be, as stored. */
  readonly manySelectable: ReadonlySet<string>;
}

export const optionsOfNew: SpecOptions = {
  requiresKnownReview: true,
  requiresSchema: true,
  requiresKnownTypes: true,
  requiresStructural: true,
  requiresPrunedDefaults: true,
  requiresAtomicSets: true,
  requiresListMapKeys: true,
  manySelectable: new Set(),
};

const fieldsMax = 8;

export function optionsOfUpdate(
  definition: CustomResourceDefinition,
  old: CustomResourceDefinition,
): SpecOptions {
  const { conversion } = old.spec ?? {};
  const versions = old.spec?.versions ?? [];
  const schemas = versions.flatMap(({ schema }) => schema?.openAPIV3Schema ?? []);
  const noneHas = (has: (schema: Schema) => boolean) =>
    !schemas.some((schema) => schemaHas(schema, has));
  const kept = (definition.spec?.versions ?? []).filter(({ name, selectableFields = [] }) => {
    const before = versions.find((version) => version.name === name)?.selectableFields ?? [];
    return before.length > fieldsMax && sameJson(before, selectableFields);
  });
  return {
    requiresKnownReview: hasKnownReview(conversion?.webhook?.conversionReviewVersions ?? []),
    requiresSchema: versions.every(({ schema }) => schema?.openAPIV3Schema !== undefined),
    requiresKnownTypes: noneHas(({ type = "" }) => type !== "" && !isKnownType(type)),
    requiresStructural: schemas.every(isStructural),
    requiresPrunedDefaults: !schemas.some(hasUnprunedDefaults),
    requiresAtomicSets: noneHas((schema) => atomicSetFields(schema, "").length > 0),
    requiresListMapKeys: noneHas((schema) => listMapKeyFields(schema, "").length > 0),
    manySelectable: new Set(kept.map(({ name = "" }) => name)),
  };
}

const isStructural = (schema: Schema): boolean =>
  structuralReadError(schema) === "" && validateStructural(schema, "").length === 0;

const hasUnprunedDefaults = (schema: Schema): boolean =>
  isStructural(schema) &&
  validateDefaults("", schema, true).length > validateDefaults("", schema, false).length;
