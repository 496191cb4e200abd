/** Formats of texts that a schema can ask for, as kube-openapi's strfmt knows them. */
import { dns1123LabelErrors, dns1123SubdomainErrors } from "../../names.ts";
import { cidrFamily, ipFamily } from "../../validation/names.ts";

type Check = (text: string) => boolean;

const matches =
  (pattern: RegExp): Check =>
  (text) =>
    pattern.test(text);

const uuid = (version: string, variant: string) =>
  matches(new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}-?${variant}-?[0-9a-f]{12}$`, "i"));
const anyFour = "[0-9a-f]{4}";
const isbn10 = matches(/^(?:\d[ -]?){9}[\dXx]$/);
const isbn13 = matches(/^(?:\d[ -]?){12}\d$/);
const fullDate = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;
const dateTime =
  /^\d{4}-\d\d-\d\d[Tt ]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([Zz]|[+-]\d\d:?\d\d)$/;
const goUnit = "(ns|us|µs|μs|ms|s|m|h)";
const goDuration = new RegExp(String.raw`^[+-]?(\d+(\.\d*)?|\.\d+)${goUnit}([\d.]+${goUnit})*$`);
const unit =
  "ns|nanos?|us|µs|micros?|ms|millis?|s|secs?|seconds?|m|mins?|minutes?|h|hours?|hrs?|d|days?|" +
  "w|weeks?|wks?|milliseconds?|microseconds?|nanoseconds?";
const wordDuration = new RegExp(String.raw`^\d+\s*(${unit})$`, "i");
const hostname = new RegExp(
  String.raw`^([a-zA-Z0-9\p{L}]((-?[a-zA-Z0-9\p{L}]{0,62})?)|` +
    String.raw`[a-zA-Z0-9\p{L}](([a-zA-Z0-9-\p{L}]{0,61}[a-zA-Z0-9\p{L}])?)(\.)){1,}` +
    String.raw`([a-zA-Z\p{L}]){2,63}$`,
  "u",
);
const byte = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const creditCard = new RegExp(
  String.raw`^(?:4\d{12}(?:\d{3})?|5[1-5]\d{14}|6(?:011|5\d\d)\d{12}|3[47]\d{13}|` +
    String.raw`3(?:0[0-5]|[68]\d)\d{11}|(?:2131|1800|35\d{3})\d{11})$`,
);

/** By name without hyphens. */
const checks: Readonly<Record<string, Check>> = {
  bsonobjectid: matches(/^[0-9a-fA-F]{24}$/),
  uri: (text) => text.startsWith("/") || /^[a-zA-Z][a-zA-Z0-9+.-]*:\S+$/.test(text),
  email: matches(/^(?:[^<>@]*<)?[^\s<>@]+@[^\s<>@]+>?$/),
  hostname: (text) => text.length <= 255 && (hostname.test(text) || ipFamily(text) !== 0),
  ipv4: (text) => ipFamily(text) === 4 && text.includes("."),
  ipv6: (text) => ipFamily(text) !== 0 && text.includes(":"),
  cidr: (text) => cidrFamily(text) !== 0,
  mac: matches(/^([0-9a-fA-F]{2}[:-]){5,7}[0-9a-fA-F]{2}$|^([0-9a-fA-F]{4}\.){2,3}[0-9a-fA-F]{4}$/),
  uuid: uuid(anyFour, anyFour),
  uuid3: uuid("3[0-9a-f]{3}", anyFour),
  uuid4: uuid("4[0-9a-f]{3}", "[89ab][0-9a-f]{3}"),
  uuid5: uuid("5[0-9a-f]{3}", "[89ab][0-9a-f]{3}"),
  isbn: (text) => isbn10(text) || isbn13(text),
  isbn10,
  isbn13,
  creditcard: (text) => creditCard.test(text.replace(/\D+/g, "")),
  ssn: matches(/^\d{3}[- ]?\d{2}[- ]?\d{4}$/),
  hexcolor: matches(/^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/),
  rgbcolor: isRgb,
  byte: matches(byte),
  password: () => true,
  date: (text) => fullDate.test(text) && isDay(text),
  duration: (text) => text === "0" || goDuration.test(text) || wordDuration.test(text.trim()),
  datetime: (text) => dateTime.test(text) && isDay(text.slice(0, 10)),
  k8sshortname: (text) => dns1123LabelErrors(text).length === 0,
  k8slongname: (text) => dns1123SubdomainErrors(text).length === 0,
};

function isRgb(text: string): boolean {
  const parts = /^rgb\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)$/.exec(text);
  return parts !== null && parts.slice(1).every((part) => Number(part) <= 255);
}

/** A day that the calendar has. */
function isDay(text: string): boolean {
  const [year = 0, month = 0, day = 0] = text.split("-").map(Number);
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

const normalized = (format: string): string => format.replaceAll("-", "");

/** Whether a text has a format; undefined for a format that nobody checks. */
export function hasFormat(format: string, text: string): boolean | undefined {
  const name = normalized(format);
  return Object.hasOwn(checks, name) ? checks[name]?.(text) : undefined;
}

/** True for a format that means something for values of a type. */
export function isKnownFormat(format: string, type: string): boolean {
  switch (type) {
    case "":
    case "string":
      return Object.hasOwn(checks, normalized(format));
    case "integer":
      return format === "int32" || format === "int64";
    case "number":
      return format === "float" || format === "double";
    default:
      return false;
  }
}
