/** Events: what happened to an object, for people to read. They expire. */
import type { Event } from "#proto/gen/k8s/core/v1.ts";
import { ageText } from "../../printing.ts";
import { defineResource, type PrintColumn } from "../../resource.ts";
import { everyVerb } from "../../verbs.ts";
import { validateLegacyEvent } from "./events/validate.ts";

/** Seconds that an event is kept after its last write. */
const eventTtlSeconds = 3600;

export const events = defineResource<Event>({
  group: "",
  version: "v1",
  kind: "Event",
  plural: "events",
  singular: "event",
  shortNames: ["ev"],
  categories: [],
  scope: "Namespaced",
  verbs: everyVerb,
  message: "k8s.core.v1.Event",
  storageVersionHash: "r2yiGXH7wu8=",
  countsGeneration: false,
  createOnUpdate: true,
  unconditionalUpdate: true,
  confidential: false,
  ttlSeconds: eventTtlSeconds,
  validate: (event) => validateLegacyEvent(event, "reportingComponent"),
  // Names of old events hold more than a domain name may.
  nameRule: "pathSegment",
  subresources: [],
  printColumns: [
    column("Last Seen", lastSeen),
    column("Type", ({ type }) => type ?? ""),
    column("Reason", ({ reason }) => reason ?? ""),
    column("Object", objectText),
    column("Subobject", ({ involvedObject }) => involvedObject?.fieldPath ?? "", 1),
    column("Source", sourceText, 1),
    column("Message", ({ message }) => (message ?? "").trim()),
    column("First Seen", firstSeen, 1),
    column("Count", ({ series, count }) => (series ? (series.count ?? 0) : count || 1), 1),
    { ...column("Name", ({ metadata }) => metadata?.name ?? "", 1), format: "name" },
  ],
  fieldSelectors: {
    "involvedObject.kind": ({ involvedObject }) => involvedObject?.kind ?? "",
    "involvedObject.namespace": ({ involvedObject }) => involvedObject?.namespace ?? "",
    "involvedObject.name": ({ involvedObject }) => involvedObject?.name ?? "",
    "involvedObject.uid": ({ involvedObject }) => involvedObject?.uid ?? "",
    "involvedObject.apiVersion": ({ involvedObject }) => involvedObject?.apiVersion ?? "",
    "involvedObject.resourceVersion": ({ involvedObject }) => involvedObject?.resourceVersion ?? "",
    "involvedObject.fieldPath": ({ involvedObject }) => involvedObject?.fieldPath ?? "",
    reason: ({ reason }) => reason ?? "",
    reportingComponent: ({ reportingComponent }) => reportingComponent ?? "",
    source: ({ source, reportingComponent }) => source?.component || (reportingComponent ?? ""),
    type: ({ type }) => type ?? "",
  },
  defaultPropagation: "background",
});

function column(
  name: string,
  cell: (event: Event, now: number) => string | number,
  priority: 0 | 1 = 0,
): PrintColumn<Event> {
  return { name, type: "string", ...(priority === 0 ? {} : { priority }), cell };
}

function firstSeen({ firstTimestamp, eventTime }: Event, now: number): string {
  return ageText(firstTimestamp || eventTime, now);
}

function lastSeen(event: Event, now: number): string {
  if (event.series) return ageText(event.series.lastObservedTime, now);
  return event.lastTimestamp ? ageText(event.lastTimestamp, now) : firstSeen(event, now);
}

function objectText({ involvedObject: { kind = "", name = "" } = {} }: Event): string {
  return name === "" ? kind.toLowerCase() : `${kind.toLowerCase()}/${name}`;
}

function sourceText({ source, reportingComponent, reportingInstance }: Event): string {
  const component = source?.component || reportingComponent || "";
  const instance = source?.host || reportingInstance || "";
  return instance === "" ? component : `${component}, ${instance}`;
}
