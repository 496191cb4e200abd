/** Charges quotas for what is about to be stored. */
import type { ResourceQuota } from "#proto/gen/k8s/core/v1.ts";
import type { ChargeQuota } from "../admission/resourcequota.ts";
import type { RegistryContext } from "./context.ts";
import type { Version } from "./request.ts";
import { type Outcome, transact } from "./transact.ts";

/** A quota that is gone limits nothing. */
class QuotaGone extends Error {
  override readonly name = "QuotaGone";
}

/**
 * By compare-and-swap, so that several API servers never admit more than there is. In one process
 * the writers of a quota go one after the other: none of them loses a race again and again.
 */
export function quotaCharger(context: () => RegistryContext): ChargeQuota {
  const lines = new Map<string, Promise<void>>();
  return async (namespace, name, decide) => {
    const key = `${namespace}/${name}`;
    const before = lines.get(key) ?? Promise.resolve();
    const own = before.then(() => charge(context(), namespace, name, decide));
    const settled = own.catch(() => undefined);
    lines.set(key, settled);
    try {
      await own;
    } finally {
      if (lines.get(key) === settled) lines.delete(key);
    }
  };
}

async function charge(
  context: RegistryContext,
  namespace: string,
  name: string,
  decide: Parameters<ChargeQuota>[2],
): Promise<void> {
  const { definition } = context.caches.named("resourcequotas");
  const outcome = (current: Version | undefined): Outcome => {
    if (current === undefined) throw new QuotaGone();
    const quota = current.object as ResourceQuota;
    const draft = { ...quota, status: { ...quota.status, used: { ...decide(quota) } } };
    return { type: "put", draft };
  };
  const key = { namespace, name };
  try {
    await transact(context, { definition, key, dryRun: false, decide: outcome });
  } catch (error) {
    if (!(error instanceof QuotaGone)) throw error;
  }
}
