/**
 * Field errors and the Status error, worded as k8s.io/apimachinery words them
 * (pkg/util/validation/field and pkg/api/errors).
 */
import type { Status, StatusCause } from "#proto/gen/k8s/meta/v1.ts";

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
