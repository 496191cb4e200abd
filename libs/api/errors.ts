/**
 * Field errors and the Status error, worded as k8s.io/apimachinery words them
 * (pkg/util/validation/field and pkg/api/errors).
 */
import type { Status, StatusCause, StatusDetails } from "#proto/gen/k8s/meta/v1.ts";
import { goJson, goQuote } from "./gotext.ts";

export type FieldErrorType =
  | "Required"
  | "Invalid"
  | "Duplicate"
  | "NotSupported"
  | "Forbidden"
  | "TooLong"
  | "TooMany"
  | "NotFound"
  | "TypeInvalid"
  | "InternalError";

/** One thing wrong with one field. */
export interface FieldError {
  readonly type: FieldErrorType;
  /** Path as Kubernetes writes it: `spec.containers[0].name`. */
  readonly field: string;
  readonly value?: unknown;
  readonly detail: string;
}

/** As a value: the error shows none. */
export const omitValue: unique symbol = Symbol("omitted");

/** A value that is shown word for word, for what Go prints in a way of its own. */
export class PrintedValue {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

const titles: Readonly<Record<FieldErrorType, string>> = {
  Required: "Required value",
  Invalid: "Invalid value",
  Duplicate: "Duplicate value",
  NotSupported: "Unsupported value",
  Forbidden: "Forbidden",
  TooLong: "Too long",
  TooMany: "Too many",
  NotFound: "Not found",
  TypeInvalid: "Invalid value",
  InternalError: "Internal error",
};

const withoutValue: ReadonlySet<FieldErrorType> = new Set([
  "Required",
  "Forbidden",
  "TooLong",
  "InternalError",
]);

/** A field that must be there is not. */
export function required(field: string, detail: string): FieldError {
  return { type: "Required", field, value: "", detail };
}

/** A value that the field may not have; `detail` says why. */
export function invalid(field: string, value: unknown, detail: string): FieldError {
  return { type: "Invalid", field, value, detail };
}

/** A value of another type than the field's: `value` names its type. */
export function typeInvalid(field: string, value: unknown, detail: string): FieldError {
  return { type: "TypeInvalid", field, value, detail };
}

/** `supported` in the order in which they are listed. */
export function notSupported(
  field: string,
  value: unknown,
  supported: readonly string[],
): FieldError {
  const words = supported.map(goQuote).join(", ");
  const detail = supported.length > 0 ? `supported values: ${words}` : "";
  return { type: "NotSupported", field, value, detail };
}

/** A value that may stand only once stands again. */
export function duplicate(field: string, value: unknown): FieldError {
  return { type: "Duplicate", field, value, detail: "" };
}

/** A field that may not be set, or not to this, here. */
export function forbidden(field: string, detail: string): FieldError {
  return { type: "Forbidden", field, value: "", detail };
}

/** `bytesMax` below 0: the message names no bound. */
export function tooLong(field: string, bytesMax: number): FieldError {
  const detail = bytesMax < 0 ? "value is too long" : `may not be more than ${bytesMax} bytes`;
  return { type: "TooLong", field, value: omitValue, detail };
}

/** `itemsMax` below 0: the message names no bound. */
export function tooMany(field: string, actual: number, itemsMax: number): FieldError {
  const detail = itemsMax < 0 ? "has too many items" : `must have at most ${itemsMax} items`;
  return { type: "TooMany", field, value: actual < 0 ? omitValue : actual, detail };
}

/** A value that refers to something that is not there. */
export function fieldNotFound(field: string, value: unknown): FieldError {
  return { type: "NotFound", field, value, detail: "" };
}

/** The check itself failed; not the caller's fault. */
export function internalFieldError(field: string, detail: string): FieldError {
  return { type: "InternalError", field, value: omitValue, detail };
}

/** The error without its field: `Invalid value: "x": must be y`. */
function fieldErrorBody({ type, value, detail }: FieldError): string {
  const shown = withoutValue.has(type) || value === omitValue ? "" : `: ${valueText(value)}`;
  return `${titles[type]}${shown}${detail === "" ? "" : `: ${detail}`}`;
}

/** The whole error: `spec.x: Invalid value: "x": must be y`. */
export function fieldErrorText(error: FieldError): string {
  return `${error.field}: ${fieldErrorBody(error)}`;
}

/** Several errors as one text, repeated ones once; alone without brackets. */
export function aggregateText(errors: readonly FieldError[]): string {
  return aggregateTexts(errors.map(fieldErrorText));
}

export function aggregateTexts(texts: readonly string[]): string {
  const distinct = [...new Set(texts)];
  return distinct.length === 1 ? (distinct[0] ?? "") : `[${distinct.join(", ")}]`;
}

function valueText(value: unknown): string {
  if (value instanceof PrintedValue) return value.text;
  if (value === undefined || value === null) return "null";
  if (typeof value === "string") return goQuote(value);
  if (typeof value === "object") return goJson(value);
  return String(value);
}

const causeType = (type: FieldErrorType) => (type === "InternalError" ? type : `FieldValue${type}`);

/** Errors as the causes of a Status. */
export function statusCauses(errors: readonly FieldError[]): StatusCause[] {
  return errors.map((error) => ({
    reason: causeType(error.type),
    message: fieldErrorBody(error),
    field: error.field,
  }));
}

/** A failure that a client is told: an HTTP status and its Status object. */
export class StatusError extends Error {
  override readonly name = "StatusError";
  readonly code: number;
  readonly reason: string;
  /** With apiVersion and kind, as it is sent. */
  readonly status: Status & { apiVersion: string; kind: string };

  constructor(code: number, reason: string, message: string, details?: StatusDetails) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.status = {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message,
      ...(reason === "" ? {} : { reason }),
      ...(details === undefined ? {} : { details }),
      code,
    };
  }
}

/** True for a StatusError with that reason. */
export function hasReason(error: unknown, reason: string): error is StatusError {
  return error instanceof StatusError && error.reason === reason;
}

/** Names a resource (`deployments`) or kind in its group, without version. */
export interface GroupName {
  readonly group: string;
  /** Plural of a resource, or a kind: what the message says. */
  readonly name: string;
}

/** `deployments.apps`; `pods` for the core group. */
const groupNameText = ({ group, name }: GroupName): string =>
  group === "" ? name : `${name}.${group}`;

function detailsOf({ group, name: kind }: GroupName, name: string): StatusDetails {
  const details: StatusDetails = {};
  if (name !== "") details.name = name;
  if (group !== "") details.group = group;
  if (kind !== "") details.kind = kind;
  return details;
}

/** 404: no object of that name. */
export function notFound(resource: GroupName, name: string): StatusError {
  const message = `${groupNameText(resource)} ${goQuote(name)} not found`;
  return new StatusError(404, "NotFound", message, detailsOf(resource, name));
}

/** 409: the name is taken. */
export function alreadyExists(resource: GroupName, name: string): StatusError {
  const message = `${groupNameText(resource)} ${goQuote(name)} already exists`;
  return new StatusError(409, "AlreadyExists", message, detailsOf(resource, name));
}

/** Every generated name that was tried is taken. */
export function generateNameConflict(resource: GroupName, name: string): StatusError {
  const message =
    `${groupNameText(resource)} ${goQuote(name)} already exists, ` +
    "the server was not able to generate a unique name for the object";
  const details = { ...detailsOf(resource, name), retryAfterSeconds: 1 };
  return new StatusError(409, "AlreadyExists", message, details);
}

/** What a conflict says when the object changed since it was read. */
const modifiedText =
  "the object has been modified; please apply your changes to the latest version and try again";

/** 409: the object is not as the request takes for granted. */
export function conflict(
  resource: GroupName,
  name: string,
  detail: string = modifiedText,
): StatusError {
  const subject = `${groupNameText(resource)} ${goQuote(name)}`;
  const message = `Operation cannot be fulfilled on ${subject}: ${detail}`;
  return new StatusError(409, "Conflict", message, detailsOf(resource, name));
}

/** A server-side apply that would take fields from other managers. */
export function applyConflict(causes: readonly StatusCause[], message: string): StatusError {
  return new StatusError(409, "Conflict", message, { causes: [...causes] });
}

/** 422 for an object of a kind. */
export function invalidObject(
  kind: GroupName,
  name: string,
  errors: readonly FieldError[],
): StatusError {
  const subject = `${groupNameText(kind)} ${goQuote(name)} is invalid`;
  const message = errors.length === 0 ? subject : `${subject}: ${aggregateText(errors)}`;
  const causes = statusCauses(errors);
  const details = { ...detailsOf(kind, name), ...(causes.length > 0 ? { causes } : {}) };
  return new StatusError(422, "Invalid", message, details);
}

/** 400: the request cannot be understood. */
export function badRequest(message: string): StatusError {
  return new StatusError(400, "BadRequest", message);
}

/** 401: nobody that is known asks. */
export function unauthorized(message = "Unauthorized"): StatusError {
  return new StatusError(401, "Unauthorized", message);
}

/** 403: who asks may not, or admission refuses. */
export function forbiddenError(resource: GroupName, name: string, why: string): StatusError {
  const what = groupNameText(resource);
  const subject = name === "" ? what : `${what} ${goQuote(name)}`;
  const message = what === "" ? `forbidden: ${why}` : `${subject} is forbidden: ${why}`;
  return new StatusError(403, "Forbidden", message, detailsOf(resource, name));
}

/** 405: the resource has no such verb. */
export function methodNotSupported(resource: GroupName, action: string): StatusError {
  const kind = goQuote(groupNameText(resource));
  const message = `${action} is not supported on resources of kind ${kind}`;
  return new StatusError(405, "MethodNotAllowed", message, detailsOf(resource, ""));
}

/** 410: the revision is below the history; list again. */
export function gone(message: string): StatusError {
  return new StatusError(410, "Gone", message);
}

/** 410 for a resourceVersion that is below the history window. */
export function expired(message: string): StatusError {
  return new StatusError(410, "Expired", message);
}

/** 429: try again after so many seconds. */
export function tooManyRequests(message: string, retryAfterSeconds = 0): StatusError {
  const details = retryAfterSeconds > 0 ? { retryAfterSeconds } : {};
  return new StatusError(429, "TooManyRequests", message, details);
}

/** 500: what was not foreseen; `message` is shown to the client. */
export function internalError(message: string): StatusError {
  const details = { causes: [{ message }] };
  const text = `Internal error occurred: ${message}`;
  return new StatusError(500, "InternalError", text, details);
}

/** 503: something behind the server does not answer. */
export function serviceUnavailable(message: string): StatusError {
  return new StatusError(503, "ServiceUnavailable", message);
}

/** 504: it took too long; try again after so many seconds. */
export function timeout(message: string, retryAfterSeconds = 0): StatusError {
  const details = retryAfterSeconds > 0 ? { retryAfterSeconds } : {};
  return new StatusError(504, "Timeout", `Timeout: ${message}`, details);
}

/** 415: no such Content-Type; the message lists those that there are. */
export function unsupportedMediaType(message: string): StatusError {
  return new StatusError(415, "UnsupportedMediaType", message);
}

/** 406: nothing that Accept names can be written. */
export function notAcceptable(message: string): StatusError {
  return new StatusError(406, "NotAcceptable", message);
}

/** 413: the body is above the limit. */
export function requestEntityTooLarge(message: string): StatusError {
  const text = `Request entity too large: ${message}`;
  return new StatusError(413, "RequestEntityTooLarge", text);
}

/** What `error` is as a Status: itself, or an internal error that names it. */
export function toStatusError(error: unknown): StatusError {
  if (error instanceof StatusError) return error;
  return internalError(error instanceof Error ? error.message : String(error));
}
