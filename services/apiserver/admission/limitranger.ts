/** Gives containers the namespace's default resources, and holds pods and claims to its limits. */
import { forbiddenError, type StatusError } from "#libs/api/errors.ts";
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  parseQuantity,
} from "#libs/api/quantity.ts";
import type {
  Container,
  LimitRange,
  LimitRangeItem,
  PersistentVolumeClaim,
  Pod,
} from "#proto/gen/k8s/core/v1.ts";
import type { AdmissionPlugin, AdmissionReader, AdmissionRequest } from "./plugin.ts";
import { resourceText } from "./plugin.ts";

const annotation = "kubernetes.io/limit-ranger";

type Amounts = Readonly<Record<string, string>>;

/** What is limited: a container, a pod, a claim. */
interface Wanted {
  readonly requests: Amounts;
  readonly limits: Amounts;
}

export const limitRanger: AdmissionPlugin = {
  name: "LimitRanger",
  mutate(request, reader) {
    if (!concernsPod(request)) return;
    for (const range of rangesOf(request, reader)) setDefaults(range, request.draft as Pod);
  },
  validate(request, reader) {
    const isClaim = resourceText(request.place) === "persistentvolumeclaims";
    const concernsClaim = isClaim && isWritten(request);
    if (!concernsClaim && !concernsPod(request)) return;
    for (const range of rangesOf(request, reader)) {
      const faults = concernsClaim
        ? claimFaults(range, request.draft as PersistentVolumeClaim)
        : podFaults(range, request.draft as Pod);
      if (faults.length > 0) throw refusal(request, faults);
    }
  },
};

const isWritten = ({ operation, place, draft }: AdmissionRequest) =>
  operation !== "delete" && place.subresource === "" && draft !== undefined;

/** The resources of a pod that is stored change only by a resize. */
function concernsPod({ operation, place, draft }: AdmissionRequest): boolean {
  if (resourceText(place) !== "pods" || draft === undefined) return false;
  const { subresource } = place;
  return (operation === "create" && subresource === "") || subresource === "resize";
}

const rangesOf = ({ place }: AdmissionRequest, reader: AdmissionReader) =>
  [...reader.list("limitranges", place.namespace)] as LimitRange[];

function refusal({ place, draft }: AdmissionRequest, faults: readonly string[]): StatusError {
  const { group, plural } = place.definition;
  const name = draft?.metadata?.name ?? "";
  const text = faults.length === 1 ? (faults[0] ?? "") : `[${faults.join(", ")}]`;
  return forbiddenError({ group, name: plural }, name, text);
}

function setDefaults({ spec }: LimitRange, pod: Pod): void {
  const items = (spec?.limits ?? []).filter(({ type }) => type === "Container");
  const requests = Object.assign({}, ...items.map((item) => item.defaultRequest)) as Amounts;
  const limits = Object.assign({}, ...items.map((item) => item.default)) as Amounts;
  const told = [
    ...(pod.spec?.containers ?? []).flatMap((one) => completed(one, "container", requests, limits)),
    ...(pod.spec?.initContainers ?? []).flatMap((one) =>
      completed(one, "init container", requests, limits),
    ),
  ];
  if (told.length === 0) return;
  const metadata = (pod.metadata ??= {});
  const text = `LimitRanger plugin set: ${told.join("; ")}`;
  metadata.annotations = { ...metadata.annotations, [annotation]: text };
}

/** Fills in what a container leaves out; what was set, in words. */
function completed(
  container: Container,
  kind: string,
  requests: Amounts,
  limits: Amounts,
): string[] {
  const given = container.resources ?? {};
  const told = (
    [
      ["request", missing(requests, given.requests)],
      ["limit", missing(limits, given.limits)],
    ] as const
  ).filter(([, names]) => names.length > 0);
  if (told.length === 0) return [];
  container.resources = {
    ...given,
    requests: { ...requests, ...given.requests },
    limits: { ...limits, ...given.limits },
  };
  return told.map(([what, names]) => `${names.join(", ")} ${what} for ${kind} ${container.name}`);
}

const missing = (wanted: Amounts, given: Amounts = {}) =>
  Object.keys(wanted)
    .filter((name) => given[name] === undefined)
    .toSorted();

function podFaults({ spec }: LimitRange, pod: Pod): string[] {
  const { containers = [], initContainers = [] } = pod.spec ?? {};
  return (spec?.limits ?? []).flatMap((item) => {
    if (item.type === "Pod") return faultsOf(item, wantedByPod(pod));
    if (item.type !== "Container") return [];
    return [...containers, ...initContainers].flatMap(({ resources }) =>
      faultsOf(item, { requests: resources?.requests ?? {}, limits: resources?.limits ?? {} }),
    );
  });
}

function claimFaults({ spec }: LimitRange, claim: PersistentVolumeClaim): string[] {
  const requests = claim.spec?.resources?.requests ?? {};
  return (spec?.limits ?? [])
    .filter(({ type }) => type === "PersistentVolumeClaim")
    .flatMap((item) => [
      ...each(item.min, (name, least) => belowLeast(item, name, least, { requests, limits: {} })),
      // What a claim requests is what it gets: there is no limit of its own.
      ...each(item.max, (name, most) =>
        aboveMost(item, name, most, { requests, limits: requests }, "request"),
      ),
    ]);
}

/** All of the limits' rules for one thing. */
const faultsOf = (item: LimitRangeItem, wanted: Wanted): string[] => [
  ...each(item.min, (name, least) => belowLeast(item, name, least, wanted)),
  ...each(item.max, (name, most) => aboveMost(item, name, most, wanted, "limit")),
  ...each(item.maxLimitRequestRatio, (name, ratio) => beyondRatio(item, name, ratio, wanted)),
];

const each = (
  amounts: Amounts | undefined,
  rule: (name: string, amount: string) => string | undefined,
): string[] => Object.entries(amounts ?? {}).flatMap(([name, amount]) => rule(name, amount) ?? []);

const shown = canonicalQuantity;

function belowLeast(
  { type }: LimitRangeItem,
  name: string,
  least: string,
  { requests, limits }: Wanted,
): string | undefined {
  const [request, limit] = [requests[name], limits[name]];
  const head = `minimum ${name} usage per ${type} is ${shown(least)}`;
  if (request === undefined) return `${head}.  No request is specified`;
  if (compareQuantities(request, least) < 0) return `${head}, but request is ${shown(request)}`;
  if (limit === undefined || compareQuantities(limit, least) >= 0) return undefined;
  return `${head}, but limit is ${shown(limit)}`;
}

function aboveMost(
  { type }: LimitRangeItem,
  name: string,
  most: string,
  { requests, limits }: Wanted,
  what: "limit" | "request",
): string | undefined {
  const [request, limit] = [requests[name], limits[name]];
  const head = `maximum ${name} usage per ${type} is ${shown(most)}`;
  if (limit === undefined) return `${head}.  No ${what} is specified`;
  if (compareQuantities(limit, most) > 0) return `${head}, but ${what} is ${shown(limit)}`;
  if (request === undefined || compareQuantities(request, most) <= 0) return undefined;
  return `${head}, but request is ${shown(request)}`;
}

function beyondRatio(
  { type }: LimitRangeItem,
  name: string,
  most: string,
  { requests, limits }: Wanted,
): string | undefined {
  const [request, limit, ratio] = [requests[name], limits[name], most].map(nanosOf);
  const head = `${name} max limit to request ratio per ${type} is ${shown(most)}`;
  if (!request) return `${head}, but no request is specified or request is 0`;
  if (!limit) return `${head}, but no limit is specified or limit is 0`;
  if (limit * nano <= (ratio ?? 0n) * request) return undefined;
  return `${head}, but provided ratio is ${(Number(limit) / Number(request)).toFixed(6)}`;
}

const nano = 1_000_000_000n;
const nanosOf = (amount: string | undefined) =>
  amount === undefined ? undefined : parseQuantity(amount).nanos;

/** A pod's containers together, or the largest of those that run before them. */
function wantedByPod({ spec }: Pod): Wanted {
  const { containers = [], initContainers = [], resources } = spec ?? {};
  const side = (name: "requests" | "limits"): Amounts => {
    const sum = sumOf(containers.map((container) => container.resources?.[name] ?? {}));
    const first = initContainers.map((container) => container.resources?.[name] ?? {});
    return { ...first.reduce(larger, sum), ...resources?.[name] };
  };
  return { requests: side("requests"), limits: side("limits") };
}

/** Of each resource that all of them name. */
function sumOf(all: readonly Amounts[]): Amounts {
  const [first = {}, ...rest] = all;
  return Object.fromEntries(
    Object.entries(first).flatMap(([name, amount]) => {
      const others = rest.flatMap((amounts) => amounts[name] ?? []);
      return others.length === rest.length ? [[name, others.reduce(addQuantities, amount)]] : [];
    }),
  );
}

function larger(one: Amounts, other: Amounts): Amounts {
  const result = { ...one };
  for (const [name, amount] of Object.entries(other)) {
    const present = result[name];
    if (present === undefined || compareQuantities(amount, present) > 0) result[name] = amount;
  }
  return result;
}
