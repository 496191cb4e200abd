/**
 * Pods of a runtime class: the class has to exist, and gives its pods their overhead, nodes and
 * tolerations (Kubernetes' plugin/pkg/admission/runtimeclass).
 */
import { isDeepStrictEqual } from "node:util";
import { forbiddenError } from "#libs/api/errors.ts";
import { type Amounts, sameAmounts } from "#libs/api/quota/amounts.ts";
import type { Pod, Toleration } from "#proto/gen/k8s/core/v1.ts";
import type { RuntimeClass } from "#proto/gen/k8s/node/v1.ts";
import { resourceText, type AdmissionPlugin, type AdmissionReader } from "./plugin.ts";

const classes = "runtimeclasses.node.k8s.io";

const overheadWithoutClass =
  "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead";

export const runtimeClass: AdmissionPlugin = {
  name: "RuntimeClass",
  async mutate({ operation, place, draft }, reader) {
    if (operation !== "create" || resourceText(place) !== "pods") return;
    if (place.subresource !== "") return;
    const pod = draft as Pod;
    const spec = (pod.spec ??= {});
    const name = spec.runtimeClassName;
    if (name !== undefined) {
      const found = await classOf(name, reader);
      if (!found) throw refused(pod, `pod rejected: RuntimeClass "${name}" not found`);
      setOverhead(pod, found.overhead?.podFixed);
      setScheduling(pod, found);
    } else if (Object.keys(spec.overhead ?? {}).length > 0) {
      throw refused(pod, overheadWithoutClass);
    }
  },
};

const refused = ({ metadata }: Pod, why: string) =>
  forbiddenError({ group: "", name: "pods" }, metadata?.name ?? "", why);

/** The cache may be behind a class that was just made. */
const classOf = async (name: string, reader: AdmissionReader) =>
  (reader.cached(classes, "", name) ?? (await reader.live(classes, "", name))) as
    | RuntimeClass
    | undefined;

function setOverhead(pod: Pod, fixed: Amounts | undefined): void {
  const { overhead } = pod.spec ?? {};
  const isGiven = Object.keys(overhead ?? {}).length > 0;
  if (fixed === undefined || Object.keys(fixed).length === 0) {
    if (!isGiven) return;
    throw refused(pod, overheadWithoutClass);
  }
  if (isGiven && !sameAmounts(overhead ?? {}, fixed)) {
    throw refused(
      pod,
      "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
    );
  }
  pod.spec = { ...pod.spec, overhead: { ...fixed } };
}

/** What the pod asks for itself stays; where the two contradict each other it can run nowhere. */
function setScheduling(pod: Pod, { scheduling }: RuntimeClass): void {
  if (!scheduling) return;
  const { nodeSelector = {}, tolerations = [] } = scheduling;
  const { nodeSelector: own = {}, tolerations: its = [] } = pod.spec ?? {};
  for (const [key, value] of Object.entries(nodeSelector)) {
    if (own[key] !== undefined && own[key] !== value) {
      const given = `runtimeClass.scheduling.nodeSelector[${key}] = ${value}`;
      const asked = `pod.spec.nodeSelector[${key}] = ${own[key]}`;
      throw refused(pod, `conflict: ${given}; ${asked}`);
    }
  }
  const merged = { ...own, ...nodeSelector };
  pod.spec = {
    ...pod.spec,
    ...(Object.keys(merged).length > 0 ? { nodeSelector: merged } : {}),
    ...(tolerations.length > 0 ? { tolerations: merge([...its, ...tolerations]) } : {}),
  };
}

/** Without those that another one covers; of equals the first stays. */
function merge(all: readonly Toleration[]): Toleration[] {
  const merged: Toleration[] = [];
  for (const [index, one] of all.entries()) {
    const isCovered =
      merged.some((other) => covers(other, one)) ||
      all.slice(index + 1).some((other) => !isDeepStrictEqual(other, one) && covers(other, one));
    if (!isCovered) merged.push(one);
  }
  return merged;
}

/** Whether all that the second tolerates is tolerated by the first, and as long. */
function covers(wide: Toleration, narrow: Toleration): boolean {
  if (isDeepStrictEqual(wide, narrow)) return true;
  const { key = "", operator = "Equal", value = "", effect = "", tolerationSeconds } = wide;
  const isAnyKey = key === "" && operator === "Exists";
  if (!isAnyKey && key !== (narrow.key ?? "")) return false;
  if (effect !== "" && effect !== (narrow.effect ?? "")) return false;
  if (effect === "NoExecute" && tolerationSeconds !== undefined) {
    const seconds = narrow.tolerationSeconds ?? Infinity;
    if (Number(seconds) > Number(tolerationSeconds)) return false;
  }
  if (operator === "Exists") return true;
  return (narrow.operator ?? "Equal") === "Equal" && (narrow.value ?? "") === value;
}
