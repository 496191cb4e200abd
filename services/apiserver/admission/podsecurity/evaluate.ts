/** A pod measured by a level of the Pod Security Standards, as of a version of Kubernetes. */
import { baselineChecks } from "./baseline.ts";
import type { Check, Finding, Level, Subject } from "./check.ts";
import { restrictedChecks } from "./restricted.ts";

/** Undefined is the latest. */
export type MinorVersion = number | undefined;

export interface Policy {
  readonly level: Level;
  readonly version: MinorVersion;
}

/** `baseline:v1.24`, `restricted:latest`. */
export const policyText = ({ level, version }: Policy): string =>
  `${level}:${version === undefined ? "latest" : `v1.${version}`}`;

/** What the pod does that the policy does not allow. */
export function findingsOf({ level, version }: Policy, subject: Subject): Finding[] {
  if (level === "privileged") return [];
  const isInForce = ({ since, until = Infinity }: Check) => {
    const minor = version ?? Number.MAX_SAFE_INTEGER;
    return since <= minor && minor < until;
  };
  const restricted = level === "restricted" ? restrictedChecks.filter(isInForce) : [];
  const overridden = new Set(restricted.flatMap(({ overrides = [] }) => overrides));
  const baseline = baselineChecks.filter(isInForce).filter(({ id }) => !overridden.has(id));
  return [...baseline, ...restricted].flatMap(({ find }) => find(subject) ?? []);
}

/** `host namespaces (hostPID=true), privileged (container "c" must not …)`. */
export const findingsText = (findings: readonly Finding[]): string =>
  findings.map(({ reason, detail }) => `${reason} (${detail})`).join(", ");

const levels: readonly string[] = ["privileged", "baseline", "restricted"];

/** Undefined when the text names no level. */
export const levelOf = (text: string): Level | undefined =>
  levels.includes(text) ? (text as Level) : undefined;

const versionText = /^v1\.(0|[1-9]\d*)$/;

/** Undefined when the text is neither `latest` nor `v1.x`. */
export function versionOf(text: string): { readonly minor: MinorVersion } | undefined {
  if (text === "latest") return { minor: undefined };
  const minor = versionText.exec(text)?.[1];
  return minor === undefined ? undefined : { minor: Number(minor) };
}
