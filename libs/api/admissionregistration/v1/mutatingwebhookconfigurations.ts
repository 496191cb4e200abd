/** MutatingWebhookConfigurations: servers that are asked how a request is to be changed. */
import type {
  MutatingWebhook,
  MutatingWebhookConfiguration,
} from "#proto/gen/k8s/admissionregistration/v1.ts";
import { semanticEqual } from "../../equality.ts";
import { ageColumn, nameColumn } from "../../printing.ts";
import { defineResource } from "../../resource.ts";
import { everyVerb } from "../../verbs.ts";
import { nameWarnings } from "./staticnames.ts";
import { defaultWebhook, validateWebhooks } from "./webhooks.ts";

export const mutatingwebhookconfigurations = defineResource<MutatingWebhookConfiguration>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "MutatingWebhookConfiguration",
  plural: "mutatingwebhookconfigurations",
  singular: "mutatingwebhookconfiguration",
  shortNames: [],
  categories: ["api-extensions"],
  scope: "Cluster",
  verbs: everyVerb,
  message: "k8s.admissionregistration.v1.MutatingWebhookConfiguration",
  storageVersionHash: "Sqi0GUgDaX0=",
  countsGeneration: true,
  createOnUpdate: false,
  unconditionalUpdate: false,
  confidential: false,
  ttlSeconds: 0,
  defaults: ({ webhooks }) => webhooks?.forEach(defaultMutatingWebhook),
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

function defaultMutatingWebhook(webhook: MutatingWebhook): void {
  defaultWebhook(webhook);
  webhook.reinvocationPolicy ??= "Never";
}
