/** ValidatingWebhookConfigurations: servers that are asked whether a request may pass. */
import type { ValidatingWebhookConfiguration } from "#proto/gen/k8s/admissionregistration/v1.ts";
import { semanticEqual } from "../../equality.ts";
import { ageColumn, nameColumn } from "../../printing.ts";
import { defineResource } from "../../resource.ts";
import { everyVerb } from "../../verbs.ts";
import { nameWarnings } from "./staticnames.ts";
import { defaultWebhook, validateWebhooks } from "./webhooks.ts";

export const validatingwebhookconfigurations = defineResource<ValidatingWebhookConfiguration>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "ValidatingWebhookConfiguration",
  plural: "validatingwebhookconfigurations",
  singular: "validatingwebhookconfiguration",
  shortNames: [],
  categories: ["api-extensions"],
  scope: "Cluster",
  verbs: everyVerb,
  message: "k8s.admissionregistration.v1.ValidatingWebhookConfiguration",
  storageVersionHash: "B0wHjQmsGNk=",
  countsGeneration: true,
  createOnUpdate: false,
  unconditionalUpdate: false,
  confidential: false,
  ttlSeconds: 0,
  defaults: ({ webhooks }) => webhooks?.forEach(defaultWebhook),
  prepareForUpdate: (draft, old) => {
    if (semanticEqual(draft.webhooks, old.webhooks)) return;
    draft.metadata = { ...draft.metadata, generation: (old.metadata?.generation ?? 0) + 1 };
  },
  validate: ({ webhooks }) => validateWebhooks(webhooks),
  validateUpdate: ({ webhooks }, old) => validateWebhooks(webhooks, old.webhooks ?? []),
  checkedAsNew: true,
  nameRule: "dnsSubdomain",
  warnings: nameWarnings,
  subresources: [],
  printColumns: [
    nameColumn,
    {
      name: "Webhooks",
      type: "integer",
      description: "How many webhooks there are.",
      cell: ({ webhooks }) => webhooks?.length ?? 0,
    },
    ageColumn,
  ],
  fieldSelectors: {},
  defaultPropagation: "background",
});
