/** Claims grow only where their class lets them (Kubernetes' persistentvolume/resize plugin). */
import { storageClassText } from "#libs/api/core/v1/persistentvolumes.ts";
import { forbiddenError } from "#libs/api/errors.ts";
import { compareQuantities } from "#libs/api/quantity.ts";
import type { PersistentVolumeClaim } from "#proto/gen/k8s/core/v1.ts";
import type { StorageClass } from "#proto/gen/k8s/storage/v1.ts";
import { resourceText, type AdmissionPlugin, type AdmissionReader } from "./plugin.ts";

export const persistentVolumeClaimResize: AdmissionPlugin = {
  name: "PersistentVolumeClaimResize",
  validate({ operation, place, draft, old }, reader) {
    if (operation !== "update" || resourceText(place) !== "persistentvolumeclaims") return;
    if (place.subresource !== "") return;
    const claim = draft as PersistentVolumeClaim;
    const before = old as PersistentVolumeClaim;
    if (compareQuantities(sizeOf(claim), sizeOf(before)) <= 0) return;
    if (before.status?.phase !== "Bound") {
      throw refused(place.name, "Only bound persistent volume claims can be expanded");
    }
    if (!canGrow(claim, before, reader)) {
      const only = "only dynamically provisioned pvc can be resized and the storageclass that";
      throw refused(place.name, `${only} provisions the pvc must support resize`);
    }
  },
};

const refused = (name: string, why: string) =>
  forbiddenError({ group: "", name: "persistentvolumeclaims" }, name, why);

const sizeOf = ({ spec }: PersistentVolumeClaim) => spec?.resources?.requests?.["storage"] ?? "0";

function canGrow(
  claim: PersistentVolumeClaim,
  before: PersistentVolumeClaim,
  reader: AdmissionReader,
): boolean {
  const name = storageClassText(claim);
  if (name === "" || name !== storageClassText(before)) return false;
  const found = reader.cached("storageclasses.storage.k8s.io", "", name);
  return (found as StorageClass | undefined)?.allowVolumeExpansion === true;
}
