/** Which output of which start of a container is read: pure, but for the reading. */
import type { Session } from "#libs/bus/session/session.ts";
import type { ContainerStatus, Pod } from "#proto/gen/k8s/core/v1.ts";
import type { ReadLogRequest } from "#proto/gen/kubus/node/v1.ts";
import type { LogOptions, Runtime, RuntimeContainer, RuntimePod } from "./runtime.ts";

/** Channel of a session that carries output. */
export const outputChannel = 1;

/** Sends output to the session's reader, until there is no more or the reader has left. */
export async function sendLog(
  session: Session,
  runtime: Runtime,
  { id }: RuntimeContainer,
  options: LogOptions & { readonly bytesMax: number },
): Promise<void> {
  const channel = session.channel(outputChannel);
  let left = options.bytesMax;
  for await (const data of runtime.logs(id, options, session.signal)) {
    const kept = data.subarray(0, left);
    left -= kept.length;
    const isRead = await channel.write(kept);
    if (!isRead || left <= 0) return;
  }
}

/**
 * Which start of the container is asked for. As in Kubernetes the status decides: while a container
 * that ended waits for its next start, its last end is the previous one and the latest alike.
 */
export function chooseAttempt(
  { container: wanted, previous }: Pick<ReadLogRequest, "container" | "previous">,
  runtime: RuntimePod | undefined,
  pod: Pod | undefined,
): RuntimeContainer | undefined {
  const attempts = (runtime?.containers ?? [])
    .filter(({ name }) => name === wanted)
    .toSorted((a, b) => a.attempt - b.attempt);
  if (!previous) return attempts.at(-1);
  const last = statusOf(pod, wanted)?.lastState?.terminated?.containerID;
  return attempts.find(({ id }) => id === last) ?? attempts.at(-2);
}

function statusOf(pod: Pod | undefined, wanted: string): ContainerStatus | undefined {
  const {
    containerStatuses = [],
    initContainerStatuses = [],
    ephemeralContainerStatuses = [],
  } = pod?.status ?? {};
  return [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses].find(
    ({ name }) => name === wanted,
  );
}

/** Why there is no such output, as the kubelet words it. */
export function missing({ container, pod, previous }: ReadLogRequest): string {
  return previous
    ? `previous terminated container "${container}" in pod "${pod}" not found`
    : `container "${container}" in pod "${pod}" is waiting to start: ContainerCreating`;
}
