/** How a stream ended, in the words of the error channel. Pure. */
import { internalError } from "#libs/api/errors.ts";
import type { Ending } from "#libs/bus/session/index.ts";
import type { Status } from "#proto/gen/k8s/meta/v1.ts";

/** Success, the exit code as its cause, or an internal error. */
export function endedStatus({ exitCode, message }: Ending, command: readonly string[]): Status {
  if (message !== "") return internalError(message).status;
  if (exitCode === 0) return { metadata: {}, status: "Success" };
  return {
    metadata: {},
    status: "Failure",
    message:
      "command terminated with non-zero exit code: " +
      `error executing command [${command.join(" ")}], exit code ${exitCode}`,
    reason: "NonZeroExitCode",
    details: { causes: [{ reason: "ExitCode", message: String(exitCode) }] },
  };
}

/** The bytes of the error channel; undefined: protocols before v4 say nothing of a success. */
export function statusBytes(status: Status, hasStatus: boolean): Buffer | undefined {
  if (hasStatus) return Buffer.from(JSON.stringify(status));
  return status.status === "Success" ? undefined : Buffer.from(status.message ?? "");
}
