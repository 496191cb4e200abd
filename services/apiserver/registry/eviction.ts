/** pods/eviction: a delete that a disruption budget may refuse. */
import { conflict, notFound } from "#libs/api/errors.ts";
import type { KubeObject } from "#libs/api/resource.ts";
import { timeText } from "#libs/api/time.ts";
import type { Pod, PodCondition } from "#proto/gen/k8s/core/v1.ts";
import type { Eviction, PodDisruptionBudget } from "#proto/gen/k8s/policy/v1.ts";
import { resourceName, type RegistryContext } from "./context.ts";
import { budgetsOf, charged, chargedBudget } from "./decide/eviction.ts";
import { deleteObject } from "./delete.ts";
import { kindNamed, readSubresource } from "./draft.ts";
import { liveVersion } from "./read.ts";
import type { Body, Caller, DeleteOptions, Place, WriteOptions, Written } from "./request.ts";
import { successStatus } from "./status.ts";
import { transact } from "./transact.ts";

/** Deletes a pod with the options of an Eviction; its status tells first that it is disrupted. */
export async function evictPod(
  context: RegistryContext,
  caller: Caller,
  place: Place,
  body: Body,
  options: WriteOptions,
): Promise<Written> {
  const { definition, namespace, name } = place;
  const expected = kindNamed("policy/v1", "Eviction", "k8s.policy.v1.Eviction");
  const { object, warnings } = readSubresource(expected, place, body, options.fieldValidation);
  const eviction = object as Eviction;
  const pod = await liveVersion(context, definition, namespace, name);
  if (pod === undefined) throw notFound(resourceName(definition), name);
  const deleteOptions = deleteOptionsOf(eviction, options);
  checkUid(name, deleteOptions, pod.object);
  await chargeBudget(context, place, pod.object as Pod, deleteOptions.dryRun);
  if (!deleteOptions.dryRun) await markDisrupted(context, place);
  const whole = { ...place, subresource: "" };
  const { revision } = await deleteObject(context, caller, whole, deleteOptions);
  return { code: 201, version: successStatus(definition, 201, revision), warnings };
}

function deleteOptionsOf(
  { deleteOptions = {} }: Eviction,
  { dryRun }: WriteOptions,
): DeleteOptions {
  const { gracePeriodSeconds, preconditions, propagationPolicy, orphanDependents } = deleteOptions;
  return {
    dryRun: dryRun || (deleteOptions.dryRun ?? []).includes("All"),
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(preconditions === undefined ? {} : { preconditions }),
    ...(orphanDependents === undefined ? {} : { orphanDependents }),
    ...(propagationPolicy === undefined
      ? {}
      : { propagationPolicy: propagationPolicy as "Orphan" | "Background" | "Foreground" }),
  };
}

function checkUid(name: string, { preconditions }: DeleteOptions, pod: KubeObject): void {
  const wanted = preconditions?.uid;
  const uid = pod.metadata?.uid ?? "";
  if (wanted === undefined || wanted === uid) return;
  const why =
    `the UID in the precondition (${wanted}) does not match the UID in record (${uid}). ` +
    "The object might have been deleted and then recreated";
  throw conflict({ group: "", name: "Pod" }, name, why);
}

/** Counts the eviction in the pod's budget, by compare-and-swap. Throws when there is no room. */
async function chargeBudget(
  context: RegistryContext,
  { namespace, name }: Place,
  pod: Pod,
  dryRun: boolean,
): Promise<void> {
  const { world } = context;
  const budgets = context.caches.named("poddisruptionbudgets.policy");
  await budgets.catchUp();
  const all = [...budgets.values(namespace)].map(({ object }) => object as PodDisruptionBudget);
  const budget = chargedBudget(pod, budgetsOf(pod, all));
  if (!budget) return;
  await transact(context, {
    definition: budgets.definition,
    key: { namespace, name: budget.metadata?.name ?? "" },
    dryRun,
    decide: (current) => ({
      type: "put",
      draft: charged((current?.object ?? budget) as PodDisruptionBudget, name, world.now()),
    }),
  });
}

/** Whoever watches the pod learns why it goes. */
async function markDisrupted(context: RegistryContext, place: Place): Promise<void> {
  const { definition, namespace, name } = place;
  const now = context.world.now();
  await transact(context, {
    definition,
    key: { namespace, name },
    dryRun: false,
    decide: (current) => {
      if (current === undefined) throw notFound(resourceName(definition), name);
      const pod = current.object as Pod;
      const draft = { ...pod, status: { ...pod.status, conditions: withDisruption(pod, now) } };
      return { type: "put", draft: draft as KubeObject };
    },
  });
}

function withDisruption({ status }: Pod, now: number): PodCondition[] {
  const conditions = (status?.conditions ?? []).filter(({ type }) => type !== "DisruptionTarget");
  return [
    ...conditions,
    {
      type: "DisruptionTarget",
      status: "True",
      lastTransitionTime: timeText(now),
      reason: "EvictionByEvictionAPI",
      message: "Eviction API: evicting",
    },
  ];
}
