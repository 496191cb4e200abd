/** events.k8s.io: core events under other field names, and stricter. */
import type { Event as CoreEvent } from "#proto/gen/k8s/core/v1.ts";
import type { Event } from "#proto/gen/k8s/events/v1.ts";
import { events } from "../../core/v1/events.ts";
import { validateEventCreate, validateEventUpdate } from "../../core/v1/events/validate.ts";
import { servedAs } from "../../version.ts";

export const groupEvents = servedAs<Event, CoreEvent>(events, {
  group: "events.k8s.io",
  version: "v1",
  message: "k8s.events.v1.Event",
  fromStored: fromCore,
  toStored: toCore,
  own: {
    validate: (event) => validateEventCreate(toCore(event)),
    validateUpdate: (event, old) => validateEventUpdate(toCore(event), toCore(old)),
    nameRule: "dnsSubdomain",
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
  },
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
