/** The metadata of a write to a status. */
import type { KubeObject } from "../resource.ts";

const kept = [
  "deletionTimestamp",
  "generation",
  "selfLink",
  "labels",
  "annotations",
  "finalizers",
  "ownerReferences",
] as const;

/**
 * The draft with the stored object's labels, annotations, finalizers and owners: some kinds take
 * nothing but the status from such a write (apimachinery's ResetObjectMetaForStatus).
 */
export function withStoredMetadata<T extends KubeObject>(draft: T, old: T): T {
  const metadata: Record<string, unknown> = { ...draft.metadata };
  for (const field of kept) {
    const value = old.metadata?.[field];
    if (value === undefined) delete metadata[field];
    else metadata[field] = value;
  }
  return { ...draft, metadata };
}
