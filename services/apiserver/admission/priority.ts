/** Gives pods the priority of their class as a number. */
import { forbiddenError, type StatusError } from "#libs/api/errors.ts";
import type { Pod } from "#proto/gen/k8s/core/v1.ts";
import type { PriorityClass } from "#proto/gen/k8s/scheduling/v1.ts";
import { resourceText, type AdmissionPlugin, type AdmissionReader } from "./plugin.ts";

const classes = "priorityclasses.scheduling.k8s.io";
const policyDefault = "PreemptLowerPriority";

export const priority: AdmissionPlugin = {
  name: "Priority",
  async mutate({ operation, place, draft, old }, reader) {
    if (resourceText(place) !== "pods" || place.subresource !== "") return;
    const pod = draft as Pod | undefined;
    if (pod?.spec === undefined) return;
    if (operation === "create") {
      await setPriority(pod, reader);
      return;
    }
    // A pod that was stored has its priority already.
    const before = (old as Pod | undefined)?.spec;
    if (before?.priority !== undefined) pod.spec.priority ??= before.priority;
    if (before?.preemptionPolicy !== undefined) {
      pod.spec.preemptionPolicy ??= before.preemptionPolicy;
    }
  },
};

async function setPriority(pod: Pod, reader: AdmissionReader): Promise<void> {
  const spec = (pod.spec ??= {});
  const found = await classOf(pod, reader);
  const { value = 0, preemptionPolicy = policyDefault } = found ?? {};
  if ((spec.priorityClassName ?? "") === "" && found !== undefined) {
    spec.priorityClassName = found.metadata?.name ?? "";
  }
  if (spec.priority !== undefined && spec.priority !== value) {
    throw refuse(
      pod,
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; ` +
        `priority admission controller computed ${value} from the given PriorityClass name`,
    );
  }
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== preemptionPolicy) {
    throw refuse(
      pod,
      `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided ` +
        `in pod spec; priority admission controller computed ${preemptionPolicy} ` +
        "from the given PriorityClass name",
    );
  }
  spec.priority = value;
  spec.preemptionPolicy = preemptionPolicy;
}

/** The class that the pod names, or the one that is the default of all. */
async function classOf(pod: Pod, reader: AdmissionReader): Promise<PriorityClass | undefined> {
  const name = pod.spec?.priorityClassName ?? "";
  if (name === "") {
    const all = [...reader.list(classes, "")] as PriorityClass[];
    return all
      .filter(({ globalDefault }) => globalDefault === true)
      .reduce<PriorityClass | undefined>(lower, undefined);
  }
  const found = reader.cached(classes, "", name) ?? (await reader.live(classes, "", name));
  if (found === undefined) throw refuse(pod, `no PriorityClass with name ${name} was found`);
  return found as PriorityClass;
}

/** Of several defaults the least important counts. */
const lower = (one: PriorityClass | undefined, other: PriorityClass): PriorityClass =>
  one === undefined || (other.value ?? 0) < (one.value ?? 0) ? other : one;

const refuse = ({ metadata }: Pod, why: string): StatusError =>
  forbiddenError({ group: "", name: "pods" }, metadata?.name ?? "", why);
