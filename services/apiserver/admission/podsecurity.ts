/** Holds the pods of a namespace to the Pod Security Standards that its labels name. */
import {
  type FieldError,
  forbiddenError,
  invalid,
  invalidObject,
  type StatusError,
} from "#libs/api/errors.ts";
import type { KubeObject } from "#libs/api/resource.ts";
import { isDeepStrictEqual } from "node:util";
import type { Pod } from "#proto/gen/k8s/core/v1.ts";
import {
  type AdmissionPlugin,
  type AdmissionReader,
  type AdmissionRequest,
  resourceText,
} from "./plugin.ts";
import { templateOf } from "./pod.ts";
import type { Level, Subject } from "./podsecurity/check.ts";
import {
  findingsOf,
  findingsText,
  levelOf,
  type Policy,
  policyText,
  versionOf,
} from "./podsecurity/evaluate.ts";

const labelHead = "pod-security.kubernetes.io/";
const modes = ["enforce", "audit", "warn"] as const;
type Mode = (typeof modes)[number];

/** Pods of a namespace that are looked at when its level rises, and how long that may take. */
const existingPodsMax = 3_000;

export const podSecurity: AdmissionPlugin = {
  name: "PodSecurity",
  validate(request, reader) {
    if (request.operation === "delete" || !request.draft) return [];
    switch (resourceText(request.place)) {
      case "namespaces":
        return checkNamespace(request, reader);
      case "pods":
        return checkPod(request, reader);
      default:
        return checkTemplate(request, reader);
    }
  },
};

type Labels = Readonly<Record<string, string>>;
const labelsOf = (object: KubeObject | undefined): Labels => object?.metadata?.labels ?? {};

interface Policies {
  readonly policies: Readonly<Record<Mode, Policy>>;
  readonly errors: readonly FieldError[];
}

/** A label that cannot be read counts as the strictest for enforcing, and as none otherwise. */
function policiesOf(labels: Labels): Policies {
  const errors: FieldError[] = [];
  const read = (mode: Mode): Policy => {
    const [levelKey, versionKey] = [`${labelHead}${mode}`, `${labelHead}${mode}-version`];
    const levelText = labels[levelKey];
    const level = levelText === undefined ? "privileged" : levelOf(levelText);
    if (level === undefined) {
      errors.push(invalid(fieldOf(levelKey), levelText, mustBeLevel));
    }
    const versionText = labels[versionKey] ?? "latest";
    const version = versionOf(versionText);
    if (version === undefined) {
      errors.push(invalid(fieldOf(versionKey), versionText, mustBeVersion));
    }
    const fallback: Level = mode === "enforce" ? "restricted" : "privileged";
    return { level: level ?? fallback, version: version?.minor };
  };
  const policies = { enforce: read("enforce"), audit: read("audit"), warn: read("warn") };
  return { policies, errors };
}

const fieldOf = (key: string) => `metadata.labels[${key}]`;
const mustBeLevel = "must be one of privileged, baseline, restricted";
const mustBeVersion = 'must be "latest" or "v1.x"';

async function policiesIn(namespace: string, reader: AdmissionReader): Promise<Policies> {
  const found =
    reader.cached("namespaces", "", namespace) ?? (await reader.live("namespaces", "", namespace));
  return policiesOf(labelsOf(found));
}

async function checkPod(request: AdmissionRequest, reader: AdmissionReader): Promise<string[]> {
  const { place, draft, old, operation } = request;
  const { subresource } = place;
  if (subresource !== "" && subresource !== "ephemeralcontainers") return [];
  const { spec = {}, metadata = {} } = draft as Pod;
  if (operation === "update" && isInsignificant(draft as Pod, old as Pod)) return [];
  const { policies } = await policiesIn(place.namespace, reader);
  const subject = { metadata, spec };
  const findings = findingsOf(policies.enforce, subject);
  if (findings.length > 0) throw refuse(request, policies.enforce, findingsText(findings));
  return warningsOf(policies.warn, subject);
}

/** Kubernetes looks at an update only when it changes what counts. */
function isInsignificant(draft: Pod, old: Pod | undefined): boolean {
  const annotations = (pod: Pod | undefined) =>
    Object.entries(pod?.metadata?.annotations ?? {}).filter(([key]) =>
      /seccomp|apparmor/.test(key),
    );
  return (
    isDeepStrictEqual(draft.spec, old?.spec) &&
    isDeepStrictEqual(annotations(draft), annotations(old))
  );
}

/** What makes pods is not refused: only its pods are. */
async function checkTemplate(
  { place, draft }: AdmissionRequest,
  reader: AdmissionReader,
): Promise<string[]> {
  if (place.subresource !== "" || !draft) return [];
  const template = templateOf(resourceText(place), draft);
  if (!template) return [];
  const { policies } = await policiesIn(place.namespace, reader);
  return warningsOf(policies.warn, template);
}

function warningsOf(policy: Policy, subject: Subject): string[] {
  const findings = findingsOf(policy, subject);
  if (findings.length === 0) return [];
  return [`would violate PodSecurity "${policyText(policy)}": ${findingsText(findings)}`];
}

function refuse({ place, draft }: AdmissionRequest, policy: Policy, text: string): StatusError {
  const why = `violates PodSecurity "${policyText(policy)}": ${text}`;
  return forbiddenError({ group: "", name: "pods" }, draft?.metadata?.name ?? place.name, why);
}

function checkNamespace(request: AdmissionRequest, reader: AdmissionReader): string[] {
  const { place, draft, old, operation } = request;
  if (place.subresource !== "") return [];
  const { policies, errors } = policiesOf(labelsOf(draft));
  const before = policiesOf(labelsOf(old));
  const isNew = errors.length > 0 && !isDeepStrictEqual(before.errors, errors);
  if (isNew)
    throw invalidObject({ group: "", name: "Namespace" }, draft?.metadata?.name ?? "", [...errors]);
  if (operation === "create") return [];
  const { enforce } = policies;
  const isSame = isDeepStrictEqual(enforce, before.policies.enforce);
  if (isSame || enforce.level === "privileged") return [];
  return existingViolations(enforce, place.name, reader);
}

/** Pods that are there stay, but the one who raises the level is told. */
function existingViolations(policy: Policy, namespace: string, reader: AdmissionReader): string[] {
  const byFindings = new Map<string, string[]>();
  let looked = 0;
  for (const pod of reader.list("pods", namespace) as Iterable<Pod>) {
    looked += 1;
    if (looked > existingPodsMax) break;
    const findings = findingsOf(policy, { metadata: pod.metadata ?? {}, spec: pod.spec ?? {} });
    if (findings.length === 0) continue;
    const text = findings.map(({ reason }) => reason).join(", ");
    byFindings.set(text, [...(byFindings.get(text) ?? []), pod.metadata?.name ?? ""]);
  }
  if (byFindings.size === 0) return [];
  const place = `existing pods in namespace ${JSON.stringify(namespace)}`;
  const lines = [...byFindings].map(([text, names]) => `${podsText(names.toSorted())}: ${text}`);
  return [
    `${place} violate the new PodSecurity enforce level "${policyText(policy)}"`,
    ...lines.toSorted(),
  ];
}

function podsText([first = "", ...others]: readonly string[]): string {
  if (others.length === 0) return first;
  return others.length === 1
    ? `${first} (and 1 other pod)`
    : `${first} (and ${others.length} other pods)`;
}
