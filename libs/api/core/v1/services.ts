/** Services: one address for a set of pods. Rules are beside this file in services/. */
import type { Service } from "#proto/gen/k8s/core/v1.ts";
import { ageColumn, labelsText, nameColumn } from "../../printing.ts";
import { defineResource } from "../../resource.ts";
import { everyVerb } from "../../verbs.ts";
import { isLoadBalancer } from "./services/kinds.ts";
import { serviceDefaults } from "./services/defaults.ts";
import { clusterIpText, externalIpText, portsText } from "./services/printing.ts";
import { prepareServiceUpdate } from "./services/update.ts";
import { validateService, validateServiceUpdate } from "./services/validate.ts";
import { validateLoadBalancerStatus } from "./services/status.ts";
import { serviceWarnings } from "./services/warnings.ts";
import { synchronizeClusterIps } from "./services/addresses.ts";

export const services = defineResource<Service>({
  group: "",
  version: "v1",
  kind: "Service",
  plural: "services",
  singular: "service",
  shortNames: ["svc"],
  categories: ["all"],
  scope: "Namespaced",
  verbs: everyVerb,
  message: "k8s.core.v1.Service",
  storageVersionHash: "0/CO1lhkEBI=",
  countsGeneration: false,
  createOnUpdate: true,
  unconditionalUpdate: true,
  confidential: false,
  ttlSeconds: 0,
  defaults: serviceDefaults,
  prepareForCreate: (draft) => {
    draft.status = { loadBalancer: {} };
    synchronizeClusterIps(draft, undefined);
  },
  prepareForUpdate: prepareServiceUpdate,
  validate: validateService,
  validateUpdate: validateServiceUpdate,
  checkedAsNew: true,
  nameRule: "dnsLabel",
  warnings: serviceWarnings,
  subresources: [
    {
      type: "part",
      name: "status",
      merge: (service, old) => ({ ...service, spec: old.spec ?? {} }),
      validateUpdate: (service) =>
        validateLoadBalancerStatus(
          service.status?.loadBalancer ?? {},
          isLoadBalancer(service),
          "status.loadBalancer",
        ),
      resetFields: ["spec"],
    },
    { type: "connect", name: "proxy", kind: "ServiceProxyOptions" },
  ],
  printColumns: [
    nameColumn,
    { name: "Type", type: "string", cell: ({ spec }) => spec?.type ?? "" },
    { name: "Cluster-IP", type: "string", cell: clusterIpText },
    { name: "External-IP", type: "string", cell: externalIpText },
    { name: "Port(s)", type: "string", cell: portsText },
    ageColumn,
    {
      name: "Selector",
      type: "string",
      priority: 1,
      cell: ({ spec }) => labelsText(spec?.selector),
    },
  ],
  fieldSelectors: {
    "spec.clusterIP": ({ spec }) => spec?.clusterIP ?? "",
    "spec.type": ({ spec }) => spec?.type ?? "",
  },
  defaultPropagation: "background",
  resetFields: ["status"],
});
