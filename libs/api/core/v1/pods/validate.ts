/** Checks of a pod besides those of its spec as a template would have it. */
import type { Pod } from "#proto/gen/k8s/core/v1.ts";
import { forbidden, type FieldError } from "../../../errors.ts";
import { validateMetadata } from "../../../metadata/validate.ts";
import { validateAnnotationsOfPod } from "../../../podtemplate/annotations.ts";
import { validateImageSpaces } from "../../../podtemplate/containers.ts";
import { validatePodSpec } from "../../../podtemplate/validate.ts";
import { validateProfilesMatch } from "./profiles.ts";

export function validatePodCreate(pod: Pod): FieldError[] {
  const { nodeName = "", ephemeralContainers = [], schedulingGates = [] } = pod.spec ?? {};
  const errors = validatePod(pod);
  if (ephemeralContainers.length > 0) {
    errors.push(forbidden("spec.ephemeralContainers", "cannot be set on create"));
  }
  if (nodeName !== "" && schedulingGates.length > 0) {
    const detail = "cannot be set until all schedulingGates have been cleared";
    errors.push(forbidden("spec.nodeName", detail));
  }
  return [...errors, ...validateProfilesMatch(pod, "spec")];
}

/** What holds on create and on update. */
function validatePod({ metadata, spec = {} }: Pod): FieldError[] {
  const { name = "", annotations } = metadata ?? {};
  const { containers = [], initContainers = [] } = spec;
  return [
    ...validateAnnotationsOfPod(annotations, spec, "metadata.annotations"),
    ...validatePodSpec(spec, "spec", { type: "pod", name }),
    ...validateTokenVolumes(spec),
    ...containers.flatMap((container, index) =>
      validateImageSpaces(container, `spec.containers[${index}]`),
    ),
    ...initContainers.flatMap((container, index) =>
      validateImageSpaces(container, `spec.initContainers[${index}]`),
    ),
  ];
}

/** On update Kubernetes checks metadata once more, together with the rest. */
export function validatePodAgain(pod: Pod): FieldError[] {
  const rules = { scope: "Namespaced", nameRule: "dnsSubdomain" } as const;
  return [...validateMetadata(pod.metadata ?? {}, rules), ...validatePod(pod)];
}

/** A token is somebody's: without an account there is none. */
function validateTokenVolumes({ serviceAccountName, volumes = [] }: NonNullable<Pod["spec"]>) {
  if ((serviceAccountName ?? "") !== "") return [];
  return volumes.flatMap(({ projected }, index) =>
    (projected?.sources ?? []).flatMap(({ serviceAccountToken }, place) => {
      if (serviceAccountToken === undefined) return [];
      const at = `spec.volumes[${index}].projected.sources[${place}].serviceAccountToken`;
      const detail = "must not be specified when serviceAccountName is not set";
      return [forbidden(at, detail)];
    }),
  );
}
