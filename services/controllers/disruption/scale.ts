/** How many pods those want that own some pods. */
import type { KubeObject } from "#libs/api/resource.ts";
import { controllerOf } from "#libs/controller/ownership.ts";
import type { Pod } from "#proto/gen/k8s/core/v1.ts";
import type { Expected } from "./decide.ts";

/** Something with a number of replicas, and who owns it in turn. */
export interface Scaled extends KubeObject {
  readonly spec?: { readonly replicas?: number };
}

/** Finds what a reference of a pod or a replica set means; undefined when it is not there. */
export type FindScaled = (namespace: string, kind: string, name: string) => Scaled | undefined;

/** Each owner once: what a deployment wants counts, not what its sets do. */
export function expectedPods(pods: readonly Pod[], find: FindScaled): Expected {
  const owners = new Map<string, number>();
  for (const pod of pods) {
    const { namespace = "", name = "" } = pod.metadata ?? {};
    const reference = controllerOf(pod);
    if (!reference) return unknown(`found no controller ref for pod "${name}"`);
    const owner = topmost(namespace, reference, find);
    if (!owner) {
      const what = `pod "${name}"'s ${reference.kind} "${reference.name}"`;
      return unknown(`found no controllers for ${what}`);
    }
    owners.set(owner.metadata?.uid ?? "", owner.spec?.replicas ?? 1);
  }
  return { type: "Known", count: [...owners.values()].reduce((sum, count) => sum + count, 0) };
}

interface Reference {
  readonly kind?: string;
  readonly name?: string;
  readonly uid?: string;
}

function topmost(namespace: string, reference: Reference, find: FindScaled): Scaled | undefined {
  const owner = find(namespace, reference.kind ?? "", reference.name ?? "");
  if (!owner || owner.metadata?.uid !== reference.uid) return undefined;
  const above = controllerOf(owner);
  return above ? (topmost(namespace, above, find) ?? owner) : owner;
}

const unknown = (message: string): Expected => ({ type: "Unknown", message });
