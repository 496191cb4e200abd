/** Volumes that have no object of their own: they stand in an attachment. */
import type { PersistentVolumeSpec } from "#proto/gen/k8s/core/v1.ts";
import { forbidden, required, type FieldError } from "../../../errors.ts";
import { validateVolume } from "./validate.ts";

const inlineText = "in the context of inline volumes";

/** What is wrong with a volume that only its node needs: it comes from a CSI driver. */
export function validateInlineVolume(spec: PersistentVolumeSpec, path: string): FieldError[] {
  const { claimRef, capacity = {}, csi, nodeAffinity, storageClassName, volumeMode } = spec;
  const { persistentVolumeReclaimPolicy: policy } = spec;
  const refuse = (isGiven: boolean, field: string, detail = `may not be specified ${inlineText}`) =>
    isGiven ? [forbidden(`${path}.${field}`, detail)] : [];
  const own = ownErrors(spec, path);
  const isModes = ({ field }: FieldError) => field === `${path}.accessModes`;
  const isClass = ({ field }: FieldError) => field === `${path}.volumeAttributesClassName`;
  const needsCsi = required(`${path}.csi`, `has to be specified ${inlineText}`);
  const isOtherPolicy = Boolean(policy) && policy !== "Retain";
  const isOtherMode = volumeMode !== undefined && volumeMode !== "Filesystem";
  return [
    ...refuse(claimRef !== undefined, "claimRef"),
    ...refuse(Object.keys(capacity).length > 0, "capacity"),
    ...(csi === undefined ? [needsCsi] : []),
    ...own.filter(isModes),
    ...refuse(isOtherPolicy, "persistentVolumeReclaimPolicy", `may only be Retain ${inlineText}`),
    ...refuse(nodeAffinity !== undefined, "nodeAffinity"),
    ...own.filter((error) => !isModes(error) && !isClass(error)),
    ...refuse(Boolean(storageClassName), "storageClassName"),
    ...refuse(
      isOtherMode,
      "volumeMode",
      `may not specify volumeMode other than Filesystem ${inlineText}`,
    ),
    ...own.filter(isClass),
  ];
}

/** The errors that a volume of its own would have, at the place where this one stands. */
function ownErrors(spec: PersistentVolumeSpec, path: string): FieldError[] {
  const {
    nodeAffinity: _affinity,
    storageClassName: _class,
    volumeMode: _mode,
    persistentVolumeReclaimPolicy: _policy,
    ...rest
  } = spec;
  return validateVolume({ ...rest, capacity: { storage: "1" } }).map((error) => ({
    ...error,
    field: error.field.replace(/^spec/, path),
  }));
}
