/** NetworkPolicies: which traffic pods take and send. */
import type { NetworkPolicy } from "#proto/gen/k8s/networking/v1.ts";
import { ageColumn, nameColumn } from "../../printing.ts";
import { defineResource } from "../../resource.ts";
import { selectorOfLabelSelector, selectorText } from "../../selectors.ts";
import { everyVerb } from "../../verbs.ts";
import {
  blocksOf,
  networkPolicyWarnings,
  validateNetworkPolicy,
} from "./networkpolicies/validate.ts";

export const networkpolicies = defineResource<NetworkPolicy>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "NetworkPolicy",
  plural: "networkpolicies",
  singular: "networkpolicy",
  shortNames: ["netpol"],
  categories: [],
  scope: "Namespaced",
  verbs: everyVerb,
  message: "k8s.networking.v1.NetworkPolicy",
  storageVersionHash: "YpfwF18m1G8=",
  countsGeneration: true,
  createOnUpdate: false,
  unconditionalUpdate: true,
  confidential: false,
  ttlSeconds: 0,
  defaults: setDefaults,
  validate: ({ spec = {} }) => validateNetworkPolicy(spec, new Set()),
  validateUpdate: ({ spec = {} }, old) => validateNetworkPolicy(spec, knownCidrs(old)),
  nameRule: "dnsSubdomain",
  warnings: ({ spec = {} }) => networkPolicyWarnings(spec),
  subresources: [],
  printColumns: [
    nameColumn,
    {
      name: "Pod-Selector",
      type: "string",
      cell: ({ spec }) =>
        selectorText(selectorOfLabelSelector(spec?.podSelector ?? {})) || "<none>",
    },
    ageColumn,
  ],
  fieldSelectors: {},
  defaultPropagation: "background",
});

function setDefaults(policy: NetworkPolicy): void {
  policy.spec ??= {};
  const { spec } = policy;
  for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) {
    for (const port of rule.ports ?? []) port.protocol ??= "TCP";
  }
  if ((spec.policyTypes ?? []).length > 0) return;
  // Whoever speaks of outgoing traffic means to restrict it.
  spec.policyTypes = (spec.egress ?? []).length > 0 ? ["Ingress", "Egress"] : ["Ingress"];
}

/** Ranges that stand in a policy already, in whatever form, may go on to stand there. */
function knownCidrs({ spec = {} }: NetworkPolicy): Set<string> {
  return new Set(
    blocksOf(spec).flatMap(({ block: { cidr = "", except = [] } }) => [cidr, ...except]),
  );
}
