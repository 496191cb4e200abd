/** What simulated containers use: as scripted, else what they ask for. Pure. */
import { QuantityError, quantityMilliValue, quantityValue } from "#libs/api/quantity.ts";
import type { Container, Pod } from "#proto/gen/k8s/core/v1.ts";
import type { ContainerUsage } from "../../usage/documents.ts";

/** Quantities; with `.<container>` behind the name for one of the containers. */
export const usageAnnotations = {
  cpu: "simulated.kubus.io/cpu-usage",
  memory: "simulated.kubus.io/memory-usage",
} as const;

const nanosPerMilli = 1e6;
const milliseconds = 1_000;

/** `now`, `startedAt`: milliseconds since 1970. */
export function usageOf(
  pod: Pod,
  { name = "", resources: { requests = {} } = {} }: Container,
  startedAt: number,
  now: number,
): ContainerUsage {
  const wanted = (annotation: string, resource: string) => {
    const all = pod.metadata?.annotations ?? {};
    return all[`${annotation}.${name}`] ?? all[annotation] ?? requests[resource] ?? "0";
  };
  const milliCores = read(wanted(usageAnnotations.cpu, "cpu"), quantityMilliValue);
  const nanoCores = milliCores * nanosPerMilli;
  const seconds = Math.max(0, now - startedAt) / milliseconds;
  return {
    name,
    startedAt,
    nanoCores,
    coreNanoSeconds: Math.round(nanoCores * seconds),
    memoryBytes: read(wanted(usageAnnotations.memory, "memory"), quantityValue),
  };
}

function read(text: string, value: (text: string) => number): number {
  try {
    return Math.max(0, value(text));
  } catch (error) {
    if (error instanceof QuantityError) return 0;
    throw error;
  }
}
