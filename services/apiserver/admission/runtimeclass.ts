/** Refuses pods of a runtime class that does not exist. Runtime classes are not stored yet. */
import { forbiddenError } from "#libs/api/errors.ts";
import type { Pod } from "#proto/gen/k8s/core/v1.ts";
import { resourceText, type AdmissionPlugin } from "./plugin.ts";

export const runtimeClass: AdmissionPlugin = {
  name: "RuntimeClass",
  mutate({ operation, place, draft }) {
    if (operation !== "create" || resourceText(place) !== "pods") return;
    if (place.subresource !== "") return;
    const { metadata, spec = {} } = draft as Pod;
    const name = metadata?.name ?? "";
    const refuse = (why: string) =>
      forbiddenError({ group: "", name: "pods" }, name, `pod rejected: ${why}`);
    const { runtimeClassName, overhead } = spec;
    if (runtimeClassName !== undefined) {
      throw refuse(`RuntimeClass "${runtimeClassName}" not found`);
    }
    if (overhead !== undefined && Object.keys(overhead).length > 0) {
      throw refuse("Pod Overhead set without corresponding RuntimeClass defined Overhead");
    }
  },
};
