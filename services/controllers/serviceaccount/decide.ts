/** Which service accounts a namespace lacks. */
import type { Decision } from "#libs/controller/controller.ts";
import type { Namespace, ServiceAccount } from "#proto/gen/k8s/core/v1.ts";

export interface Observed {
  readonly namespace: Namespace;
  readonly accounts: readonly ServiceAccount[];
}

export type Action = { readonly type: "CreateAccount"; readonly name: string };

/** Accounts that every living namespace has. */
const wantedNames = ["default"];

/** Accounts that a living namespace must have and has not. */
export function reconcile({ namespace, accounts }: Observed): Decision<Action> {
  const isLeaving = namespace.metadata?.deletionTimestamp !== undefined;
  if (isLeaving || namespace.status?.phase === "Terminating") return { actions: [] };
  const present = new Set(accounts.map(({ metadata }) => metadata?.name));
  const missing = wantedNames.filter((name) => !present.has(name));
  return { actions: missing.map((name) => ({ type: "CreateAccount", name })) };
}
