/** Holds a namespace to its quotas: what an object uses is charged before the object is stored. */
import { forbiddenError, type StatusError } from "#libs/api/errors.ts";
import {
  addAmounts,
  type Amounts,
  amountsText,
  namesAbove,
  pickAmounts,
  subtractAmounts,
  withoutZeros,
} from "#libs/api/quota/amounts.ts";
import { unsaid } from "#libs/api/quota/pods.ts";
import { isInScope } from "#libs/api/quota/scopes.ts";
import { concerns, usageOf } from "#libs/api/quota/usage.ts";
import { parseQuantity } from "#libs/api/quantity.ts";
import type { Pod, ResourceQuota } from "#proto/gen/k8s/core/v1.ts";
import {
  type AdmissionPlugin,
  type AdmissionReader,
  type AdmissionRequest,
  resourceText,
} from "./plugin.ts";

/**
 * Changes what a quota has in use, by compare-and-swap: `decide` is given the quota as it is
 * stored and answers with what is in use then, or throws. It may be called again.
 */
export type ChargeQuota = (
  namespace: string,
  name: string,
  decide: (quota: ResourceQuota) => Amounts,
) => Promise<void>;

/** Comes last: what others refuse is not charged. */
export function resourceQuota(charge: ChargeQuota): AdmissionPlugin {
  return {
    name: "ResourceQuota",
    async validate(request, reader) {
      if (!isCharged(request)) return;
      const quotas = [...reader.list("resourcequotas", request.place.namespace)] as ResourceQuota[];
      const charges = quotas.flatMap((quota) => chargeOf(request, quota, reader) ?? []);
      // All are looked at before the first is charged.
      for (const one of charges) used(request, one, one.quota);
      if (request.dryRun) return;
      for (const one of charges) {
        const { name = "" } = one.quota.metadata ?? {};
        await charge(request.place.namespace, name, (quota) => used(request, one, quota));
      }
    },
  };
}

/** What grows when it is changed: services get ports, claims get larger, pods are resized. */
function isCharged({ operation, place, draft }: AdmissionRequest): boolean {
  if (!draft || place.namespace === "" || operation === "delete") return false;
  const resource = resourceText(place);
  if (operation === "create") return place.subresource === "";
  if (resource === "pods") return place.subresource === "resize";
  const grows = resource === "services" || resource === "persistentvolumeclaims";
  return grows && place.subresource === "";
}

interface Charge {
  readonly quota: ResourceQuota;
  readonly wanted: Amounts;
}

/** Undefined when the quota does not count it. */
function chargeOf(
  request: AdmissionRequest,
  quota: ResourceQuota,
  reader: AdmissionReader,
): Charge | undefined {
  const { place, draft, old } = request;
  const resource = resourceText(place);
  if (!draft || !isInScope(quota, resource, draft)) return undefined;
  const limited = Object.keys(quota.spec?.hard ?? {}).filter((name) => concerns(resource, name));
  if (limited.length === 0) return undefined;
  if (resource === "pods") requireAmounts(request, quota, limited);
  const after = usageOf(resource, draft, reader.now);
  const isCounted = old && isInScope(quota, resource, old);
  const before = isCounted ? usageOf(resource, old, reader.now) : {};
  const wanted = withoutZeros(pickAmounts(subtractAmounts(after, before), limited));
  const grows = Object.values(wanted).some((amount) => parseQuantity(amount).nanos > 0n);
  return grows ? { quota, wanted } : undefined;
}

function requireAmounts(
  request: AdmissionRequest,
  { metadata }: ResourceQuota,
  limited: readonly string[],
): void {
  const silent = unsaid(request.draft as Pod, limited);
  if (silent === "") return;
  throw refusal(request, `failed quota: ${metadata?.name}: must specify ${silent}`);
}

/** What is in use when the charge is added; throws when that is too much. */
function used(request: AdmissionRequest, { wanted }: Charge, quota: ResourceQuota): Amounts {
  const { name = "" } = quota.metadata ?? {};
  const present = quota.status?.used ?? {};
  const names = Object.keys(wanted);
  const unknown = names.filter((one) => present[one] === undefined);
  if (unknown.length > 0) {
    const resources = unknown.toSorted().join(",");
    throw refusal(request, `status unknown for quota: ${name}, resources: ${resources}`);
  }
  const hard = quota.spec?.hard ?? {};
  const after = addAmounts(present, wanted);
  const grown = pickAmounts(
    after,
    names.filter((one) => isPositive(wanted[one])),
  );
  const above = namesAbove(grown, hard);
  if (above.length === 0) return after;
  const [requested, before, limit] = [wanted, present, hard].map((amounts) =>
    amountsText(pickAmounts(amounts, above)),
  );
  const sizes = `requested: ${requested}, used: ${before}, limited: ${limit}`;
  throw refusal(request, `exceeded quota: ${name}, ${sizes}`);
}

const isPositive = (amount = "0") => parseQuantity(amount).nanos > 0n;

function refusal({ place, draft }: AdmissionRequest, why: string): StatusError {
  const { group, plural: name } = place.definition;
  return forbiddenError({ group, name }, draft?.metadata?.name ?? place.name, why);
}
