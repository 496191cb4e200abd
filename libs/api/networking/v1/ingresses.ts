/** Ingresses: which requests from outside go to which services. */
import type { Ingress, IngressRule } from "#proto/gen/k8s/networking/v1.ts";
import { ageColumn, moreText, nameColumn } from "../../printing.ts";
import { defineResource } from "../../resource.ts";
import { everyVerb } from "../../verbs.ts";
import { validateStatusUpdate } from "./ingresses/status.ts";
import {
  classAnnotation,
  validateIngressCreate,
  validateIngressUpdate,
} from "./ingresses/validate.ts";

/** Hosts in the row of an ingress. */
const hostsShownMax = 3;

export const ingresses = defineResource<Ingress>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "Ingress",
  plural: "ingresses",
  singular: "ingress",
  shortNames: ["ing"],
  categories: [],
  scope: "Namespaced",
  verbs: everyVerb,
  message: "k8s.networking.v1.Ingress",
  storageVersionHash: "39NQlfNR+bo=",
  countsGeneration: true,
  createOnUpdate: false,
  unconditionalUpdate: true,
  confidential: false,
  ttlSeconds: 0,
  prepareForCreate: (ingress) => {
    ingress.status = {};
  },
  prepareForUpdate: (ingress, old) => {
    ingress.status = old.status ?? {};
  },
  validate: validateIngressCreate,
  validateUpdate: validateIngressUpdate,
  checkedAsNew: true,
  nameRule: "dnsSubdomain",
  warnings: ({ metadata, spec }, old) => {
    const isOld = metadata?.annotations?.[classAnnotation] !== undefined;
    if (old !== undefined || !isOld || spec?.ingressClassName !== undefined) return [];
    const words = `annotation "${classAnnotation}" is deprecated`;
    return [`${words}, please use 'spec.ingressClassName' instead`];
  },
  subresources: [
    {
      type: "part",
      name: "status",
      merge: (ingress, old) => ({ ...ingress, spec: old.spec ?? {} }),
      validateUpdate: validateStatusUpdate,
      resetFields: ["spec"],
    },
  ],
  printColumns: [
    nameColumn,
    { name: "Class", type: "string", cell: ({ spec }) => spec?.ingressClassName ?? "<none>" },
    { name: "Hosts", type: "string", cell: ({ spec }) => hostsText(spec?.rules ?? []) },
    { name: "Address", type: "string", cell: addressesText },
    {
      name: "Ports",
      type: "string",
      cell: ({ spec }) => ((spec?.tls ?? []).length > 0 ? "80, 443" : "80"),
    },
    ageColumn,
  ],
  fieldSelectors: {},
  defaultPropagation: "background",
  resetFields: ["status"],
});

function hostsText(rules: readonly IngressRule[]): string {
  const named = rules.filter(({ host = "" }) => host !== "");
  if (named.length === 0) return "*";
  const shown = named.slice(0, hostsShownMax).map(({ host = "" }) => host);
  // Rules without a host count as left out when others were.
  const last = rules.indexOf(named[hostsShownMax - 1] ?? {});
  const isCut = shown.length === hostsShownMax && rules.length > last + 1;
  return isCut ? moreText(shown, rules.length) : shown.join(",");
}

function addressesText({ status }: Ingress): string {
  const addresses = (status?.loadBalancer?.ingress ?? [])
    .map(({ ip = "", hostname = "" }) => ip || hostname)
    .filter((address) => address !== "");
  return [...new Set(addresses)].sort().join(",");
}
