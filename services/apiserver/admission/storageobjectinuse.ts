/** Volumes and claims stay as long as somebody uses them: a controller takes the finalizer away. */
import { resourceText, type AdmissionPlugin } from "./plugin.ts";

const finalizers: Readonly<Record<string, string>> = {
  persistentvolumes: "kubernetes.io/pv-protection",
  persistentvolumeclaims: "kubernetes.io/pvc-protection",
  "volumeattributesclasses.storage.k8s.io": "kubernetes.io/vac-protection",
};

export const storageObjectInUseProtection: AdmissionPlugin = {
  name: "StorageObjectInUseProtection",
  mutate({ operation, place, draft }) {
    const finalizer = finalizers[resourceText(place)];
    if (operation !== "create" || finalizer === undefined || draft === undefined) return;
    if (place.subresource !== "") return;
    draft.metadata ??= {};
    const present = draft.metadata.finalizers ?? [];
    if (!present.includes(finalizer)) draft.metadata.finalizers = [...present, finalizer];
  },
};
