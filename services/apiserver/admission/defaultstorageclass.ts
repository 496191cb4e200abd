/** Gives claims that name no class the default one. */
import type { PersistentVolumeClaim } from "#proto/gen/k8s/core/v1.ts";
import { storageClassAnnotation } from "#libs/api/core/v1/persistentvolumes.ts";
import { defaultClassAnnotations } from "#libs/api/storage/v1/storageclasses.ts";
import { newestDefault } from "./defaultclass.ts";
import { resourceText, type AdmissionPlugin } from "./plugin.ts";

export const defaultStorageClass: AdmissionPlugin = {
  name: "DefaultStorageClass",
  mutate({ operation, place, draft }, reader) {
    if (operation !== "create" || resourceText(place) !== "persistentvolumeclaims") return;
    if (place.subresource !== "" || draft === undefined) return;
    const claim = draft as PersistentVolumeClaim;
    // A class of no name is a choice, too: a volume that somebody made.
    if (claim.spec?.storageClassName !== undefined) return;
    if (claim.metadata?.annotations?.[storageClassAnnotation] !== undefined) return;
    const classes = reader.list("storageclasses.storage.k8s.io", "");
    const newest = newestDefault(classes, defaultClassAnnotations);
    if (newest !== undefined) claim.spec = { ...claim.spec, storageClassName: newest };
  },
};
