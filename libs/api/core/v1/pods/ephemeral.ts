/** Adding containers to a pod that runs. */
import type { Pod, PodSpec } from "#proto/gen/k8s/core/v1.ts";
import { schemaOf } from "#libs/schema/index.ts";
import { semanticEqual } from "../../../equality.ts";
import { forbidden, type FieldError } from "../../../errors.ts";
import { goStruct } from "../../../goform.ts";
import { goJson, goQuote } from "../../../gotext.ts";
import { mirrorAnnotation } from "../../../podtemplate/annotations.ts";
import { unifiedDiff } from "../../../unifieddiff.ts";
import { validatePodAgain } from "./validate.ts";

/** The stored pod with another spec; of the metadata only the version is the client's. */
export function withSpec(pod: Pod, old: Pod, spec: PodSpec): Pod {
  const metadata = { ...old.metadata };
  const { resourceVersion, managedFields } = pod.metadata ?? {};
  if (resourceVersion !== undefined) metadata.resourceVersion = resourceVersion;
  if (managedFields !== undefined) metadata.managedFields = managedFields;
  return { ...old, metadata, spec };
}

export function mergeEphemeralContainers(pod: Pod, old: Pod): Pod {
  const spec: PodSpec = { ...old.spec };
  const containers = pod.spec?.ephemeralContainers ?? [];
  if (containers.length === 0) delete spec.ephemeralContainers;
  else spec.ephemeralContainers = containers;
  return withSpec(pod, old, spec);
}

/** Ephemeral containers can be added, never changed or removed. */
export function validateEphemeralContainersUpdate(pod: Pod, old: Pod): FieldError[] {
  if (old.metadata?.annotations?.[mirrorAnnotation] !== undefined) {
    return [forbidden("", "static pods do not support ephemeral containers")];
  }
  const errors = validatePodAgain(pod);
  const path = "spec.ephemeralContainers";
  const containers = pod.spec?.ephemeralContainers ?? [];
  for (const before of old.spec?.ephemeralContainers ?? []) {
    const name = goQuote(before.name ?? "");
    const now = containers.find((container) => container.name === before.name);
    if (now === undefined) {
      errors.push(forbidden(path, `existing ephemeral containers ${name} may not be removed\n`));
    } else if (!semanticEqual(before, now)) {
      const schema = schemaOf("k8s.core.v1.EphemeralContainer");
      const text = (value: unknown) => goJson(goStruct(value, schema), 1);
      const detail = `existing ephemeral containers ${name} may not be changed\n`;
      errors.push(forbidden(path, `${detail}${unifiedDiff(text(before), text(now))}`));
    }
  }
  return errors;
}
