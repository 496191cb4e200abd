/** Which container of a pod a stream is about: decided from the pod alone. */
import { badRequest } from "#libs/api/errors.ts";
import { goQuote } from "#libs/api/gotext.ts";
import type { ContainerStatus, Pod } from "#proto/gen/k8s/core/v1.ts";

/** The container asked for, or the only one. Throws BadRequest as Kubernetes words it. */
export function chooseContainer(pod: Pod, asked: string): string {
  const name = pod.metadata?.name ?? "";
  const all = containerNames(pod);
  if (asked !== "") {
    if (all.includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${name}`);
  }
  const containers = pod.spec?.containers ?? [];
  const [only] = containers;
  if (only === undefined) throw badRequest(`a container name must be specified for pod ${name}`);
  if (containers.length === 1) return only.name ?? "";
  throw badRequest(
    `a container name must be specified for pod ${name}, choose one of: [${all.join(" ")}]`,
  );
}

function containerNames({ spec }: Pod): string[] {
  const { initContainers = [], containers = [], ephemeralContainers = [] } = spec ?? {};
  return [...initContainers, ...containers, ...ephemeralContainers].map(({ name }) => name ?? "");
}

/** Throws BadRequest when the container has no log of that kind yet. */
export function requireLog(pod: Pod, container: string, previous: boolean): void {
  const status = containerStatus(pod, container);
  if (status === undefined) return;
  const where = `container ${goQuote(container)} in pod ${goQuote(pod.metadata?.name ?? "")}`;
  const last = status.lastState?.terminated;
  if (previous) {
    if (last === undefined) throw badRequest(`previous terminated ${where} not found`);
    return;
  }
  const waiting = status.state?.waiting;
  if (waiting === undefined || last !== undefined) return;
  throw badRequest(`${where} is waiting to start: ${waitingText(waiting.reason ?? "")}`);
}

const waitingTexts: Readonly<Record<string, string>> = {
  ErrImagePull: "image can't be pulled",
  ImagePullBackOff: "trying and failing to pull image",
};

const waitingText = (reason: string): string => waitingTexts[reason] ?? reason;

function containerStatus({ status }: Pod, container: string): ContainerStatus | undefined {
  const {
    initContainerStatuses = [],
    containerStatuses = [],
    ephemeralContainerStatuses = [],
  } = status ?? {};
  const all = [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses];
  return all.find(({ name }) => name === container);
}
