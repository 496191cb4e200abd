/** What Docker says of containers, as the kubelet sees it: pure. */
import type { ContainerInspectInfo } from "dockerode";
import type { RuntimeContainer, RuntimePod } from "../../runtime.ts";
import { labels, sandboxName } from "./labels.ts";

export const scheme = "docker://";

/** Empty for a label that is not there. */
export const labelOf = ({ Config }: ContainerInspectInfo, label: string): string =>
  Config.Labels[label] ?? "";

/** Whether it holds a pod's network. */
export const isSandbox = (info: ContainerInspectInfo): boolean =>
  labelOf(info, labels.container) === sandboxName;

/** Made, but the kubelet ended before it was started. */
export const isUnstarted = ({ State }: ContainerInspectInfo): boolean =>
  State.Status === "created" && State.Error === "";

export const isRunning = ({ State }: ContainerInspectInfo): boolean => State.Running;

/** `messages`: last words by container id. Undefined when nothing of the pod is there. */
export function podOf(
  uid: string,
  found: readonly ContainerInspectInfo[],
  messages: ReadonlyMap<string, string>,
): RuntimePod | undefined {
  const [first] = found;
  if (!first) return undefined;
  const sandbox = found.find((info) => isSandbox(info) && isRunning(info)) ?? found.find(isSandbox);
  return {
    uid,
    namespace: labelOf(first, labels.namespace),
    name: labelOf(first, labels.podName),
    sandboxId: sandbox ? scheme + sandbox.Id : "",
    ip: sandbox && addressOf(sandbox),
    isRunning: sandbox !== undefined && isRunning(sandbox),
    containers: found
      .filter((info) => !isSandbox(info) && !isUnstarted(info))
      .map((info) => containerOf(info, messages.get(info.Id))),
  };
}

/** Empty strings are what Docker gives for no address. */
export function addressOf({ NetworkSettings, State }: ContainerInspectInfo): string | undefined {
  if (!State.Running) return undefined;
  const all = Object.values(NetworkSettings.Networks).map(({ IPAddress }) => IPAddress);
  return all.find((address) => address !== "");
}

/** `lastWords`: what it left in its termination message file, or the end of its output. */
export function containerOf(info: ContainerInspectInfo, lastWords = ""): RuntimeContainer {
  const { State } = info;
  const common = {
    id: scheme + info.Id,
    name: labelOf(info, labels.container),
    attempt: Number(labelOf(info, labels.attempt)),
    image: info.Config.Image,
    imageId: scheme + info.Image,
  };
  if (isRunning(info)) {
    return { ...common, state: "running", startedAt: Date.parse(State.StartedAt) };
  }
  if (State.Status === "created") return neverRan(info, common);
  const { ExitCode: exitCode } = State;
  return {
    ...common,
    state: "exited",
    startedAt: Date.parse(State.StartedAt),
    finishedAt: Date.parse(State.FinishedAt),
    exitCode,
    reason: State.OOMKilled ? "OOMKilled" : exitCode === 0 ? "Completed" : "Error",
    ...(lastWords ? { message: lastWords } : {}),
  };
}

/** Its start failed: there is no such program, a mount is impossible … */
function neverRan(
  { Created, State }: ContainerInspectInfo,
  common: Pick<RuntimeContainer, "id" | "name" | "attempt" | "image" | "imageId">,
): RuntimeContainer {
  const at = Date.parse(Created);
  return {
    ...common,
    state: "exited",
    startedAt: at,
    finishedAt: at,
    exitCode: State.ExitCode,
    reason: "ContainerCannotRun",
    message: State.Error,
  };
}
