/** Docker's errors: a refusal has an HTTP status, an engine out of reach has none. Pure. */

interface DockerError extends Error {
  readonly statusCode: number;
  readonly json?: { readonly message?: string };
}

const isDockerError = (error: unknown): error is DockerError =>
  error instanceof Error && typeof (error as Partial<DockerError>).statusCode === "number";

/** Status of a refusal; undefined for any other error. */
export const refusalCode = (error: unknown): number | undefined =>
  isDockerError(error) ? error.statusCode : undefined;

/** Docker's own words, without what the client library puts around them. */
export function messageOf(error: unknown): string {
  if (isDockerError(error)) return error.json?.message ?? withoutFrame(error.message);
  return error instanceof Error ? error.message : String(error);
}

/** `(HTTP code 500) server error - why ` */
const withoutFrame = (text: string) => text.replace(/^\(HTTP code \d+\) .*? - /, "").trim();

/** As the runtime's client tells it in Kubernetes. */
export const daemonText = (error: unknown) => `Error response from daemon: ${messageOf(error)}`;

export const notFoundCode = 404;
/** What was asked for is so already: a container that is stopped is asked to stop. */
export const notModifiedCode = 304;
export const conflictCode = 409;
export const badRequestCode = 400;

/** Undefined when there is no such thing; other errors are thrown. */
export async function ifThere<T>(wanted: Promise<T>): Promise<T | undefined> {
  try {
    return await wanted;
  } catch (error) {
    if (refusalCode(error) === notFoundCode) return undefined;
    throw error;
  }
}
