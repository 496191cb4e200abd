/** ServiceAccounts: who a pod is to the API. */
import type { ServiceAccount } from "#proto/gen/k8s/core/v1.ts";
import { ageColumn, nameColumn } from "../../printing.ts";
import { defineResource } from "../../resource.ts";
import { everyVerb } from "../../verbs.ts";

export const serviceaccounts = defineResource<ServiceAccount>({
  group: "",
  version: "v1",
  kind: "ServiceAccount",
  plural: "serviceaccounts",
  singular: "serviceaccount",
  shortNames: ["sa"],
  categories: [],
  scope: "Namespaced",
  verbs: everyVerb,
  message: "k8s.core.v1.ServiceAccount",
  storageVersionHash: "pbx9ZvyFpBE=",
  countsGeneration: false,
  createOnUpdate: false,
  unconditionalUpdate: true,
  confidential: false,
  ttlSeconds: 0,
  validate: () => [],
  checkedAsNew: true,
  nameRule: "dnsSubdomain",
  warnings,
  subresources: [
    {
      type: "action",
      name: "token",
      group: "authentication.k8s.io",
      version: "v1",
      kind: "TokenRequest",
    },
  ],
  printColumns: [nameColumn, ageColumn],
  fieldSelectors: {},
  defaultPropagation: "background",
});

const mountableSecrets = "kubernetes.io/enforce-mountable-secrets";

function warnings({ metadata }: ServiceAccount, old: ServiceAccount | undefined): string[] {
  const isSet = metadata?.annotations?.[mountableSecrets] !== undefined;
  if (!isSet || old?.metadata?.annotations?.[mountableSecrets] !== undefined) return [];
  const advice = "prefer separate namespaces to isolate access to mounted secrets";
  return [`metadata.annotations[${mountableSecrets}]: deprecated in v1.32+; ${advice}`];
}
