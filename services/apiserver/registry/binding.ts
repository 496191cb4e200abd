/** pods/binding: the scheduler's decision becomes the pod's node, once. */
import {
  conflict,
  fieldErrorText,
  aggregateTexts,
  notFound,
  notSupported,
  required,
  StatusError,
} from "#libs/api/errors.ts";
import type { KubeObject } from "#libs/api/resource.ts";
import { timeText } from "#libs/api/time.ts";
import type { Binding, Pod, PodCondition } from "#proto/gen/k8s/core/v1.ts";
import { topologyLabels } from "../admission/podtopologylabels.ts";
import { resourceName, type RegistryContext } from "./context.ts";
import { kindNamed, readSubresource } from "./draft.ts";
import type { Body, Place, Version, WriteOptions, Written } from "./request.ts";
import { successStatus } from "./status.ts";
import { transact } from "./transact.ts";

const bindingResource = { group: "", name: "pods/binding" };

/** A Binding created in the namespace instead of below its pod. */
export function createBinding(
  context: RegistryContext,
  place: Place,
  body: Body,
  options: WriteOptions,
): Promise<Written> {
  const { metadata } = (body.value ?? {}) as { metadata?: { name?: unknown } };
  const name = typeof metadata?.name === "string" ? metadata.name : "";
  const { definition } = context.caches.named("pods");
  return bindPod(context, { ...place, definition, name, subresource: "binding" }, body, options);
}

/** Gives a pod its node. Throws NotFound, or Conflict when the pod cannot be bound (any more). */
export async function bindPod(
  context: RegistryContext,
  place: Place,
  body: Body,
  options: WriteOptions,
): Promise<Written> {
  const { definition, namespace, name } = place;
  const expected = kindNamed("v1", "Binding", "k8s.core.v1.Binding");
  const { object, warnings } = readSubresource(expected, place, body, options.fieldValidation);
  const binding = object as Binding;
  validateBinding(binding);
  const now = context.world.now();
  const labels = topologyLabels(context.reader, binding.target?.name ?? "");
  const labelled = {
    ...binding,
    metadata: { ...binding.metadata, labels: { ...labels, ...binding.metadata?.labels } },
  };
  const { revision } = await transact(context, {
    definition,
    key: { namespace, name },
    dryRun: options.dryRun,
    decide: (current: Version | undefined) => {
      if (current === undefined) throw notFound(resourceName(definition), name);
      const draft = bind(current.object as Pod, labelled, now);
      return { type: "put", draft: draft as KubeObject };
    },
  });
  return { code: 201, version: successStatus(definition, 201, revision), warnings };
}

/** Kubernetes answers these without a reason. */
function validateBinding({ target }: Binding): void {
  const { kind = "", name = "" } = target ?? {};
  const errors = [];
  if (kind !== "" && kind !== "Node") {
    errors.push(notSupported("target.kind", kind, ["Node", "<empty>"]));
  }
  if (name === "") errors.push(required("target.name", ""));
  if (errors.length === 0) return;
  throw new StatusError(500, "", aggregateTexts(errors.map(fieldErrorText)));
}

/** The pod on its node. Throws a conflict when it cannot be bound (any more). */
export function bind(pod: Pod, { metadata, target }: Binding, now: number): Pod {
  const { name = "", deletionTimestamp, uid = "" } = pod.metadata ?? {};
  const refuse = (why: string) => conflict(bindingResource, name, why);
  const wanted = metadata?.uid ?? "";
  if (wanted !== "" && wanted !== uid) {
    const detail = `UID in precondition: ${wanted}, UID in object meta: ${uid}`;
    throw refuse(`Precondition failed: ${detail}`);
  }
  if (deletionTimestamp !== undefined) {
    throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`);
  }
  const node = pod.spec?.nodeName ?? "";
  if (node !== "") throw refuse(`pod ${name} is already assigned to node "${node}"`);
  if ((pod.spec?.schedulingGates?.length ?? 0) > 0) {
    throw refuse(`pod ${name} has non-empty .spec.schedulingGates`);
  }
  const annotations = { ...pod.metadata?.annotations, ...metadata?.annotations };
  // Labels of the pod itself win over those that come with the node.
  const labels = { ...metadata?.labels, ...pod.metadata?.labels };
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
      ...(Object.keys(labels).length > 0 ? { labels } : {}),
    },
    spec: { ...pod.spec, nodeName: target?.name ?? "" },
    status: { ...pod.status, conditions: withScheduled(pod.status?.conditions ?? [], now) },
  };
}

function withScheduled(conditions: readonly PodCondition[], now: number): PodCondition[] {
  const scheduled: PodCondition = {
    type: "PodScheduled",
    status: "True",
    lastTransitionTime: timeText(now),
  };
  const index = conditions.findIndex(({ type }) => type === "PodScheduled");
  return index < 0 ? [...conditions, scheduled] : conditions.with(index, scheduled);
}
