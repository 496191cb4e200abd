/** Asks the runtime what the pods of this node use. */
import type { Pod } from "#proto/gen/k8s/core/v1.ts";
import type { Runtime } from "../runtime.ts";
import type { PodUsage } from "./documents.ts";

/** Pods that run something, with what their containers use. */
export async function podUsages(
  pods: readonly Pod[],
  runtime: Pick<Runtime, "usage">,
): Promise<PodUsage[]> {
  const all = pods.map(async ({ metadata }): Promise<PodUsage[]> => {
    const { uid = "", namespace = "", name = "" } = metadata ?? {};
    const containers = await runtime.usage(uid);
    return containers.length === 0 ? [] : [{ uid, namespace, name, containers }];
  });
  return (await Promise.all(all)).flat();
}
