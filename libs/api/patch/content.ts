/** The content types that Kubernetes gives its kinds of patch. */

export const jsonPatch = "application/json-patch+json";
export const mergePatch = "application/merge-patch+json";
export const strategicMergePatch = "application/strategic-merge-patch+json";
export const applyPatch = "application/apply-patch+yaml";

/** In the order in which Kubernetes lists them when it refuses another one. */
export const patchTypes = [jsonPatch, mergePatch, strategicMergePatch, applyPatch] as const;
export type PatchType = (typeof patchTypes)[number];
