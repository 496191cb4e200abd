/** Flow schemas and priority levels as the engine takes them. Pure. */
import { mandatoryLevels, mandatorySchemas } from "#libs/api/flowcontrol/v1/bootstrap.ts";
import type { FlowSchema, PriorityLevelConfiguration } from "#proto/gen/k8s/flowcontrol/v1.ts";
import type { LimitResponse } from "./levelqueues.ts";
import type { LevelShares } from "./shares.ts";

export interface FlowConfiguration {
  readonly flowSchemas: readonly FlowSchema[];
  readonly priorityLevels: readonly PriorityLevelConfiguration[];
}

export interface LevelConfiguration extends LevelShares {
  readonly name: string;
  readonly uid: string;
  readonly response: LimitResponse;
}

/** Shares of a limited level that does not say. */
const nominalSharesDefault = 30;
const queuesDefault = 64;
const handSizeDefault = 8;
const queueLengthDefault = 50;

/** A level in the engine's words; what is left out is what Kubernetes' defaults say. */
export function levelConfiguration(level: PriorityLevelConfiguration): LevelConfiguration {
  const { metadata, spec = {} } = level;
  const exempt = spec.type === "Exempt";
  const shares = (exempt ? spec.exempt : spec.limited) ?? {};
  return {
    name: metadata?.name ?? "",
    uid: metadata?.uid ?? "",
    exempt,
    nominalShares: shares.nominalConcurrencyShares ?? (exempt ? 0 : nominalSharesDefault),
    lendablePercent: shares.lendablePercent ?? 0,
    borrowingLimitPercent: exempt ? undefined : spec.limited?.borrowingLimitPercent,
    response: exempt ? { type: "exempt" } : responseOf(spec.limited?.limitResponse),
  };
}

function responseOf(
  response: NonNullable<
    NonNullable<PriorityLevelConfiguration["spec"]>["limited"]
  >["limitResponse"],
): LimitResponse {
  if (response?.type !== "Queue") return { type: "reject" };
  const { queues, handSize, queueLengthLimit } = response.queuing ?? {};
  return {
    type: "queue",
    queues: queues ?? queuesDefault,
    handSize: handSize ?? handSizeDefault,
    queueLengthMax: queueLengthLimit ?? queueLengthDefault,
  };
}

/**
 * The configuration with the mandatory objects, which hold even when nobody wrote them; schemas of
 * a level that is not there are left out.
 */
export function completeConfiguration(given: FlowConfiguration): FlowConfiguration {
  const priorityLevels = withMissing(given.priorityLevels, mandatoryLevels);
  const names = new Set(priorityLevels.map(nameOf));
  const flowSchemas = withMissing(given.flowSchemas, mandatorySchemas).filter(({ spec }) =>
    names.has(spec?.priorityLevelConfiguration?.name ?? ""),
  );
  return { flowSchemas, priorityLevels };
}

interface Named {
  readonly metadata?: { readonly name?: string };
}

const nameOf = ({ metadata }: Named): string => metadata?.name ?? "";

function withMissing<T extends Named>(given: readonly T[], wanted: readonly T[]): T[] {
  const names = new Set(given.map(nameOf));
  return [...given, ...wanted.filter((one) => !names.has(nameOf(one)))];
}
