/** What a client is told when the store refuses a write. Pure. */
import {
  alreadyExists,
  conflict,
  internalError,
  notFound,
  serviceUnavailable,
  tooManyRequests,
  type GroupName,
  StatusError,
} from "#libs/api/errors.ts";
import type { CommitResponse } from "#proto/gen/kubus/store/v1.ts";

const retryAfterSeconds = 1;

/**
 * Undefined when the commit succeeded. What etcd refuses as too large, or for want of space, comes
 * to clients of Kubernetes as a 500 without a reason; the former in these words, which tools know.
 */
export function commitError(
  response: Pick<CommitResponse, "failure" | "message">,
  resource: GroupName,
  name: string,
): StatusError | undefined {
  const { failure, message } = response;
  switch (failure) {
    case "COMMIT_FAILURE_UNSPECIFIED":
      return undefined;
    case "COMMIT_FAILURE_EXISTS":
      return alreadyExists(resource, name);
    case "COMMIT_FAILURE_NOT_FOUND":
      return notFound(resource, name);
    case "COMMIT_FAILURE_REVISION_MISMATCH":
      return conflict(resource, name);
    case "COMMIT_FAILURE_OVERLOADED":
      return tooManyRequests("the store is busy, please try again later", retryAfterSeconds);
    case "COMMIT_FAILURE_TOO_LARGE":
      return new StatusError(500, "", "etcdserver: request is too large");
    case "COMMIT_FAILURE_FULL":
      return new StatusError(500, "", `the store's disk is full: ${message}`);
    case "COMMIT_FAILURE_UNAVAILABLE":
      return serviceUnavailable(message === "" ? "the store cannot write now" : message);
    default:
      return internalError(`the store refused the write: ${message}`);
  }
}
