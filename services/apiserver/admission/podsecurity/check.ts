/** What a check of the Pod Security Standards is, and how its findings are worded. */
import type { Container, ObjectMeta, PodSpec } from "../pod.ts";

export type Level = "privileged" | "baseline" | "restricted";

/** What is looked at. A template has its own metadata. */
export interface Subject {
  readonly metadata: ObjectMeta;
  readonly spec: PodSpec;
}

/** Why a pod is refused: a few words, and who did what. */
export interface Finding {
  readonly reason: string;
  readonly detail: string;
}

export interface Check {
  readonly id: string;
  readonly level: Exclude<Level, "privileged">;
  /** Minor version of Kubernetes 1.x with which it began. */
  readonly since: number;
  /** Minor version with which another took its place. */
  readonly until?: number;
  /** Checks of the baseline that say nothing beside this one, since it asks for more. */
  readonly overrides?: readonly string[];
  readonly find: (subject: Subject) => Finding | undefined;
}

/** All containers of a pod, in the order in which findings name them. */
export const containersOf = ({ spec }: Subject): readonly Container[] => [
  ...(spec.initContainers ?? []),
  ...(spec.containers ?? []),
  ...((spec.ephemeralContainers ?? []) as readonly Container[]),
];

/** Names of the containers that a test holds for. */
export const namesWhere = (subject: Subject, test: (container: Container) => boolean): string[] =>
  containersOf(subject)
    .filter(test)
    .map(({ name }) => name ?? "");

export const quoted = (texts: readonly string[]): string =>
  texts.map((text) => JSON.stringify(text)).join(", ");

export const quotedSet = (texts: readonly string[]): string =>
  quoted([...new Set(texts)].toSorted());

export const plural = (one: string, many: string, count: number): string =>
  count === 1 ? one : many;

/** `container "a"`, `containers "a", "b"`. */
export const containerText = (names: readonly string[]): string =>
  `${plural("container", "containers", names.length)} ${quoted(names)}`;

/** `pod and container "c"`: those that set something, or undefined when nobody did. */
export function settersText(isPod: boolean, names: readonly string[]): string | undefined {
  const setters = [...(isPod ? ["pod"] : []), ...(names.length > 0 ? [containerText(names)] : [])];
  return setters.length > 0 ? setters.join(" and ") : undefined;
}

/** A pod in a user namespace of its own may be root in there. */
export const isInUserNamespace = ({ spec }: Subject): boolean => spec.hostUsers === false;
