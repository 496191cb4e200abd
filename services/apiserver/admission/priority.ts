/** Gives pods their priority as a number. Priority classes are built in until they are stored. */
import { forbiddenError } from "#libs/api/errors.ts";
import type { Pod } from "#proto/gen/k8s/core/v1.ts";
import { resourceText, type AdmissionPlugin } from "./plugin.ts";

const builtInPriorities: Readonly<Record<string, number>> = {
  "system-cluster-critical": 2_000_000_000,
  "system-node-critical": 2_000_001_000,
};

export const priority: AdmissionPlugin = {
  name: "Priority",
  mutate({ operation, place, draft, old }) {
    if (resourceText(place) !== "pods" || place.subresource !== "") return;
    const pod = draft as Pod | undefined;
    if (pod?.spec === undefined) return;
    const { spec } = pod;
    if (operation === "update") {
      // A pod that was stored has its priority already.
      const before = (old as Pod | undefined)?.spec;
      spec.priority ??= before?.priority;
      spec.preemptionPolicy ??= before?.preemptionPolicy;
      return;
    }
    const className = spec.priorityClassName ?? "";
    const value = className === "" ? 0 : builtInPriorities[className];
    const refuse = (why: string) =>
      forbiddenError({ group: "", name: "pods" }, pod.metadata?.name ?? "", why);
    if (value === undefined) {
      throw refuse(`no PriorityClass with name ${className} was found`);
    }
    if (spec.priority !== undefined && spec.priority !== value) {
      throw refuse(
        "the integer value of priority (" +
          `${spec.priority}) must not be provided in pod spec; ` +
          `priority admission controller computed ${value} from the given PriorityClass name`,
      );
    }
    spec.priority = value;
    const policy = "PreemptLowerPriority";
    if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy) {
      throw refuse(
        `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided ` +
          `in pod spec; priority admission controller computed ${policy} ` +
          "from the given PriorityClass name",
      );
    }
    spec.preemptionPolicy = policy;
  },
};
