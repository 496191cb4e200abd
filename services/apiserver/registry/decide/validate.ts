/** Preparation and validation of drafts, generic parts and the resource's own. Pure. */
import type { FieldError } from "#libs/api/errors.ts";
import {
  validateCommonMetadata,
  validateMetadata,
  validateMetadataUpdate,
  validateStandardFinalizers,
} from "#libs/api/metadata/validate.ts";
import type {
  KubeObject,
  RequestFacts,
  ResourceDefinition,
  Subresource,
} from "#libs/api/resource.ts";
import { countGeneration, keepIdentity, stampCreation, type Creation } from "./system.ts";

export type PartSubresource = Extract<Subresource<KubeObject>, { type: "part" }>;

/** Stamps and prepares a new object in place. */
export function prepareCreated(
  definition: ResourceDefinition,
  draft: KubeObject,
  facts: RequestFacts,
  creation: Creation,
): void {
  stampCreation(definition, draft, creation);
  definition.prepareForCreate?.(draft, facts);
}

/** What is wrong with a new object: metadata first, then the resource's own rules. */
export function validateCreated(
  definition: ResourceDefinition,
  draft: KubeObject,
  facts: RequestFacts,
): FieldError[] {
  return [
    ...validateMetadata(draft.metadata ?? {}, definition),
    ...definition.validate(draft, facts),
  ];
}

/** Prepares a changed object, which a subresource may make another one of. */
export function prepareUpdated(
  definition: ResourceDefinition,
  part: PartSubresource | undefined,
  given: KubeObject,
  old: KubeObject,
  facts: RequestFacts,
): KubeObject {
  keepIdentity(given, old);
  const draft = part === undefined ? given : part.merge(given, old, facts);
  if (part === undefined) definition.prepareForUpdate?.(draft, old, facts);
  countGeneration(definition, draft, old);
  return draft;
}

/** What is wrong with an update, or with an update of one part such as the status. */
export function validateUpdated(
  definition: ResourceDefinition,
  part: PartSubresource | undefined,
  draft: KubeObject,
  old: KubeObject,
  facts: RequestFacts,
): FieldError[] {
  const metadata = draft.metadata ?? {};
  const metadataErrors = validateMetadataUpdate(metadata, old.metadata ?? {});
  const own =
    part === undefined
      ? (definition.validateUpdate?.(draft, old, facts) ?? definition.validate(draft, facts))
      : (part.validateUpdate?.(draft, old, facts) ?? []);
  const again =
    part === undefined && definition.checkedAsNew === true
      ? validateMetadata(metadata, definition)
      : [];
  // Kubernetes checks metadata in generic code and for each kind, and lists causes as often.
  return [
    ...metadataErrors,
    ...validateCommonMetadata(metadata),
    ...metadataErrors,
    ...validateStandardFinalizers(metadata.finalizers ?? [], "metadata.finalizers"),
    ...again,
    ...own,
  ];
}
