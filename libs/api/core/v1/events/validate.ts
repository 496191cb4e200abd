/** Validation of events: lenient in v1, strict in events.k8s.io (pkg/apis/core/validation). */
import type { Event } from "#proto/gen/k8s/core/v1.ts";
import { semanticEqual, validateImmutable } from "../../../equality.ts";
import { invalid, required, type FieldError } from "../../../errors.ts";
import { dnsSubdomainField, qualifiedNameField } from "../../../validation/fields.ts";

const shortTextMax = 128;
const noteMax = 1024;
const seriesCountMin = 2;

/**
 * What both groups check. An event without a time is an old one, of which little is asked;
 * `reporter` is what the reporting controller's field is called.
 */
export function validateLegacyEvent(
  event: Event,
  reporter: "reportingComponent" | "reportingController",
): FieldError[] {
  const namespace = event.metadata?.namespace ?? "";
  const errors = event.eventTime
    ? [...validateObjectOfNew(event), ...validateNew(event, reporter)]
    : validateObjectOfOld(event);
  return [...errors, ...dnsSubdomainField("namespace", namespace)];
}

const objectPath = "involvedObject.namespace";
const mismatch = "does not match event.namespace";

function validateObjectOfOld({ involvedObject, metadata }: Event): FieldError[] {
  const named = involvedObject?.namespace ?? "";
  const namespace = metadata?.namespace ?? "";
  // Objects of the whole cluster have their events in "default".
  const isRight = named === "" ? namespace === "" || namespace === "default" : named === namespace;
  return isRight ? [] : [invalid(objectPath, named, mismatch)];
}

function validateObjectOfNew({ involvedObject, metadata }: Event): FieldError[] {
  if (involvedObject?.namespace) return [];
  const namespace = metadata?.namespace ?? "";
  if (namespace === "default" || namespace === "kube-system") return [];
  return [invalid(objectPath, "", mismatch)];
}

function validateNew(event: Event, reporter: string): FieldError[] {
  const { reportingComponent = "", reportingInstance = "", action = "", reason = "" } = event;
  return [
    ...(reportingComponent === "" ? [required(reporter, "")] : []),
    ...qualifiedNameField(reporter, reportingComponent),
    ...validateText("reportingInstance", reportingInstance),
    ...validateText("action", action),
    ...validateText("reason", reason),
    ...validateLength("message", event.message ?? "", noteMax),
  ];
}

function validateText(path: string, text: string): FieldError[] {
  return text === "" ? [required(path, "")] : validateLength(path, text, shortTextMax);
}

function validateLength(path: string, text: string, bytesMax: number): FieldError[] {
  if (Buffer.byteLength(text) <= bytesMax) return [];
  return [invalid(path, "", `can have at most ${bytesMax} characters`)];
}

/** A new event of events.k8s.io must say everything, and nothing in the old fields. */
export function validateEventCreate(event: Event): FieldError[] {
  const { eventTime, type = "", firstTimestamp, lastTimestamp, count, source } = event;
  const unset = (path: string, value: unknown) =>
    value ? [invalid(path, "", "needs to be unset")] : [];
  const isType = type === "Normal" || type === "Warning";
  return [
    ...validateLegacyEvent(event, "reportingController"),
    ...validateSeries(event),
    ...(eventTime ? [] : [required("eventTime", "")]),
    ...(isType ? [] : [invalid("type", "", `has invalid value: ${type}`)]),
    ...unset("firstTimestamp", firstTimestamp),
    ...unset("lastTimestamp", lastTimestamp),
    ...unset("count", count),
    ...unset("source", source?.component || source?.host),
  ];
}

function validateSeries({ series }: Event): FieldError[] {
  if (!series) return [];
  const errors: FieldError[] = [];
  if ((series.count ?? 0) < seriesCountMin) {
    errors.push(invalid("series.count", "", `should be at least ${seriesCountMin}`));
  }
  if (!series.lastObservedTime) errors.push(required("series.lastObservedTime", ""));
  return errors;
}

/** In events.k8s.io only a series goes on: everything else stays as it was. */
export function validateEventUpdate(event: Event, old: Event): FieldError[] {
  const kept: readonly (readonly [string, keyof Event])[] = [
    ["involvedObject", "involvedObject"],
    ["reason", "reason"],
    ["message", "message"],
    ["source", "source"],
    ["firstTimestamp", "firstTimestamp"],
    ["lastTimestamp", "lastTimestamp"],
    ["count", "count"],
    ["type", "type"],
    ["eventTime", "eventTime"],
    ["action", "action"],
    ["related", "related"],
    ["reportingController", "reportingComponent"],
    ["reportingInstance", "reportingInstance"],
  ];
  return [
    ...validateLegacyEvent(event, "reportingController"),
    ...(semanticEqual(event.series, old.series) ? [] : validateSeries(event)),
    ...kept.flatMap(([path, field]) => validateImmutable(path, event[field], old[field])),
  ];
}
