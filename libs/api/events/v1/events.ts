/** events.k8s.io: core events under other field names, and stricter. */
import type { Event as CoreEvent } from "#proto/gen/k8s/core/v1.ts";
import type { Event } from "#proto/gen/k8s/events/v1.ts";
import { eventColumns, eventTtlSeconds } from "../../core/v1/events.ts";
import { validateEventCreate, validateEventUpdate } from "../../core/v1/events/validate.ts";
import { defineResource, type KubeObject } from "../../resource.ts";
import { everyVerb } from "../../verbs.ts";

export const groupEvents = defineResource<Event>({
  group: "events.k8s.io",
  version: "v1",
  kind: "Event",
  plural: "events",
  singular: "event",
  shortNames: ["ev"],
  categories: [],
  scope: "Namespaced",
  verbs: everyVerb,
  message: "k8s.events.v1.Event",
  storageVersionHash: "r2yiGXH7wu8=",
  storedAs: {
    group: "",
    version: "v1",
    plural: "events",
    fromStored: (stored: KubeObject) => fromCore(stored as CoreEvent),
    toStored: toCore,
  },
  countsGeneration: false,
  createOnUpdate: true,
  unconditionalUpdate: true,
  confidential: false,
  ttlSeconds: eventTtlSeconds,
  validate: (event) => validateEventCreate(toCore(event)),
  validateUpdate: (event, old) => validateEventUpdate(toCore(event), toCore(old)),
  nameRule: "dnsSubdomain",
  subresources: [],
  printColumns: eventColumns<Event>(toCore),
  fieldSelectors: {
    reason: ({ reason }) => reason ?? "",
    "regarding.kind": ({ regarding }) => regarding?.kind ?? "",
    "regarding.namespace": ({ regarding }) => regarding?.namespace ?? "",
    "regarding.name": ({ regarding }) => regarding?.name ?? "",
    "regarding.uid": ({ regarding }) => regarding?.uid ?? "",
    "regarding.apiVersion": ({ regarding }) => regarding?.apiVersion ?? "",
    "regarding.resourceVersion": ({ regarding }) => regarding?.resourceVersion ?? "",
    "regarding.fieldPath": ({ regarding }) => regarding?.fieldPath ?? "",
    reportingController: ({ reportingController }) => reportingController ?? "",
    type: ({ type }) => type ?? "",
  },
  defaultPropagation: "background",
});

/** Core field name → name in this group. The rest is called the same in both. */
const renamed = {
  involvedObject: "regarding",
  message: "note",
  source: "deprecatedSource",
  firstTimestamp: "deprecatedFirstTimestamp",
  lastTimestamp: "deprecatedLastTimestamp",
  count: "deprecatedCount",
  reportingComponent: "reportingController",
} as const;
const renamedBack = Object.fromEntries(Object.entries(renamed).map(([core, here]) => [here, core]));

const rename = (object: object, names: Readonly<Record<string, string>>): object =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [names[key] ?? key, value]));

function fromCore(event: CoreEvent): Event {
  const here: Event = { ...rename(event, renamed), apiVersion: "events.k8s.io/v1" };
  // Core events name an empty reporter, those of this group name none.
  if (here.reportingController === "") delete here.reportingController;
  if (here.reportingInstance === "") delete here.reportingInstance;
  return here;
}

function toCore(event: Event): CoreEvent {
  return { ...(rename(event, renamedBack) as CoreEvent), apiVersion: "v1" };
}
