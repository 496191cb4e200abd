/** The pod that a stream leads to, and what its streams have in common. */
import { badRequest } from "#libs/api/errors.ts";
import type { Session } from "#libs/bus/session/index.ts";
import type { Pod } from "#proto/gen/k8s/core/v1.ts";
import type { Exchange } from "../http/context.ts";
import type { Place } from "../registry/request.ts";

/** A pod, where it runs, and how it is named to its kubelet. */
export interface PodOnNode {
  readonly pod: Pod;
  /** "" before it is bound. */
  readonly node: string;
  readonly names: { readonly namespace: string; readonly pod: string; readonly uid: string };
}

/** Throws NotFound. */
export async function podAt({ door, caller }: Exchange, place: Place): Promise<PodOnNode> {
  const { object } = await door.options.registry.get(caller, { ...place, subresource: "" }, {});
  return onNode(object as Pod);
}

export function onNode(pod: Pod): PodOnNode {
  const { name = "", namespace = "", uid = "" } = pod.metadata ?? {};
  return { pod, node: pod.spec?.nodeName ?? "", names: { namespace, pod: name, uid } };
}

/** Throws BadRequest for a pod that is nowhere yet. */
export function requireNode({ node, names }: PodOnNode): void {
  if (node === "") throw badRequest(`pod ${names.pod} does not have a host assigned`);
}

/** The session ends with the server, which says goodbye to both sides. */
export function endingWith(signal: AbortSignal, session: Session): Session {
  const leave = () => session.finish({ message: "the API server stopped" });
  signal.addEventListener("abort", leave, { once: true });
  session.signal.addEventListener("abort", () => signal.removeEventListener("abort", leave));
  return session;
}
