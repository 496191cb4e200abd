/** Pod specs and pod templates (Kubernetes: pkg/apis/core/validation). */
import type { PodSpec, PodTemplateSpec } from "#proto/gen/k8s/core/v1.ts";
import type { LabelSelector } from "#proto/gen/k8s/meta/v1.ts";
import { forbidden, invalid, notSupported, required, type FieldError } from "../errors.ts";
import { goMap } from "../goform.ts";
import { validateAnnotations, validateLabels } from "../metadata/validate.ts";
import { dns1123SubdomainErrors } from "../names.ts";
import { dnsLabelField, invalidFor, optionalWordField, wordField } from "../validation/fields.ts";
import { int32Max, rangeText } from "../validation/names.ts";
import { validateAffinity } from "./affinity.ts";
import { validateAnnotationsOfPod } from "./annotations.ts";
import {
  validateContainers,
  validateEphemeralContainers,
  validateInitContainers,
  type PodFacts,
} from "./containers.ts";
import { dnsPolicies, validateDnsConfig, validateHostAliases } from "./dns.ts";
import { validateOs } from "./os.ts";
import { validatePodResources } from "./podresources.ts";
import { validateQuantity, validateResourceName } from "./resources.ts";
import {
  validateReadinessGates,
  validateResourceClaims,
  validateSchedulingGates,
  validateSpreadConstraints,
  validateTolerations,
} from "./scheduling.ts";
import { validateHostProcess, validateHostUsers, validatePodSecurityContext } from "./security.ts";
import { validateVolumes } from "./volumes.ts";

/** Where a pod spec stands. */
export type SpecPlace =
  | { readonly type: "template" }
  /** `name` of the pod: claims of its ephemeral volumes are named after it. */
  | { readonly type: "pod"; readonly name: string };

export const inTemplate: SpecPlace = { type: "template" };

/** Checks a spec whose defaults are filled. */
export function validatePodSpec(spec: PodSpec, path: string, place: SpecPlace): FieldError[] {
  const podName = place.type === "pod" ? place.name : "";
  const { volumes, errors } = validateVolumes(spec.volumes, podName, `${path}.volumes`);
  const claims = (spec.resourceClaims ?? []).map(({ name }) => name ?? "").filter(Boolean);
  const facts: PodFacts = { spec, volumes, claims };
  return [
    ...(spec.terminationGracePeriodSeconds === undefined
      ? [required(`${path}.terminationGracePeriodSeconds`, "")]
      : []),
    ...errors,
    ...validateResourceClaims(spec.resourceClaims, `${path}.resourceClaims`),
    ...validateContainers(facts, `${path}.containers`),
    ...validateInitContainers(facts, `${path}.initContainers`),
    ...validateEphemeralContainers(facts, `${path}.ephemeralContainers`),
    ...validatePodResources(spec, claims, `${path}.resources`),
    ...validateHostPorts(spec, path, place),
    ...wordField(`${path}.restartPolicy`, spec.restartPolicy, restartPolicies),
    ...wordField(`${path}.dnsPolicy`, spec.dnsPolicy, dnsPolicies),
    ...validateLabels(spec.nodeSelector, `${path}.nodeSelector`),
    ...validatePodSecurityContext(spec.securityContext, spec, `${path}.securityContext`),
    ...validateAffinity(spec.affinity, `${path}.affinity`),
    ...validateDnsConfig(spec.dnsConfig, spec.dnsPolicy, `${path}.dnsConfig`),
    ...validateReadinessGates(spec.readinessGates, `${path}.readinessGates`),
    ...validateSchedulingGates(spec.schedulingGates, `${path}.schedulingGates`),
    ...validateSpreadConstraints(
      spec.topologySpreadConstraints,
      `${path}.topologySpreadConstraints`,
    ),
    ...validateHostProcess(spec, path),
    ...validateHostUsers(spec, path),
    ...validateScalars(spec, path),
    ...validateOs(spec, path),
  ];
}

const restartPolicies = ["Always", "OnFailure", "Never"];

function subdomainIfSet(path: string, name = ""): FieldError[] {
  return name === "" ? [] : invalidFor(path, name, dns1123SubdomainErrors(name));
}

function labelIfSet(path: string, name = ""): FieldError[] {
  return name === "" ? [] : dnsLabelField(path, name);
}

function validateScalars(spec: PodSpec, path: string): FieldError[] {
  const { activeDeadlineSeconds: deadline, runtimeClassName, preemptionPolicy } = spec;
  const errors = [
    ...subdomainIfSet(`${path}.serviceAccountName`, spec.serviceAccountName),
    ...subdomainIfSet(`${path}.nodeName`, spec.nodeName),
  ];
  if (deadline !== undefined && (deadline < 1 || deadline > int32Max)) {
    const detail = rangeText(1, int32Max);
    errors.push(invalid(`${path}.activeDeadlineSeconds`, deadline, detail));
  }
  const runtimeErrors =
    runtimeClassName === undefined ? [] : dns1123SubdomainErrors(runtimeClassName);
  return [
    ...errors,
    ...labelIfSet(`${path}.hostname`, spec.hostname),
    ...labelIfSet(`${path}.subdomain`, spec.subdomain),
    ...validateHostnameOverride(spec, path),
    ...validateTolerations(spec.tolerations, `${path}.tolerations`),
    ...validateHostAliases(spec.hostAliases, `${path}.hostAliases`),
    ...subdomainIfSet(`${path}.priorityClassName`, spec.priorityClassName),
    ...invalidFor(`${path}.runtimeClassName`, runtimeClassName, runtimeErrors),
    ...optionalWordField(`${path}.preemptionPolicy`, preemptionPolicy, [
      "PreemptLowerPriority",
      "Never",
    ]),
    ...Object.entries(spec.overhead ?? {}).flatMap(([name, quantity]) => {
      const at = `${path}.overhead[${name}]`;
      return [...validateResourceName(name, at), ...validateQuantity(name, quantity, at)];
    }),
  ];
}

const hostnameMax = 64;

/** A name that stands for everything else that would name the host. */
function validateHostnameOverride(spec: PodSpec, path: string): FieldError[] {
  const { hostnameOverride: name, setHostnameAsFQDN, hostNetwork } = spec;
  if (name === undefined) return [];
  const at = `${path}.hostnameOverride`;
  const errors = invalidFor(at, name, dns1123SubdomainErrors(name));
  if (name.length > hostnameMax) {
    errors.push(invalid(at, name, `must be no more than ${hostnameMax} characters`));
  }
  if (setHostnameAsFQDN === true) {
    errors.push(forbidden(at, "cannot be set when `setHostnameAsFQDN` is true"));
  }
  if (hostNetwork === true) {
    errors.push(forbidden(at, "cannot be set when `hostNetwork` is true"));
  }
  return errors;
}

/** On the host's network a container's port is the host's; a template may leave that open. */
function validateHostPorts(spec: PodSpec, path: string, place: SpecPlace): FieldError[] {
  if (spec.hostNetwork !== true) return [];
  return (spec.containers ?? []).flatMap(({ ports = [] }, index) =>
    ports.flatMap(({ hostPort = 0, containerPort = 0 }, number) => {
      const open = hostPort === 0 && place.type === "template";
      if (open || hostPort === containerPort) return [];
      const at = `${path}.containers[${index}].ports[${number}].hostPort`;
      const detail = "must match `containerPort` when `hostNetwork` is true";
      return [invalid(at, hostPort, detail)];
    }),
  );
}

/** A template, as a PodTemplate holds one. */
export function validatePodTemplate(
  { metadata, spec = {} }: PodTemplateSpec,
  path: string,
): FieldError[] {
  const errors = [
    ...validateLabels(metadata?.labels, `${path}.labels`),
    ...validateAnnotations(metadata?.annotations, `${path}.annotations`),
    ...validateAnnotationsOfPod(metadata?.annotations, spec, `${path}.annotations`),
    ...validatePodSpec(spec, `${path}.spec`, inTemplate),
  ];
  if ((spec.ephemeralContainers ?? []).length > 0) {
    const detail = "ephemeral containers not allowed in pod template";
    errors.push(forbidden(`${path}.spec.ephemeralContainers`, detail));
  }
  return errors;
}

/** The template of a kind that keeps pods running for ever; Deployments speak as ReplicaSets. */
export function validateReplicatedTemplate(
  template: PodTemplateSpec,
  isSelected: (labels: Readonly<Record<string, string>>) => boolean,
  kind: string,
  path: string,
): FieldError[] {
  const { metadata, spec = {} } = template;
  const errors: FieldError[] = [];
  if (!isSelected(metadata?.labels ?? {})) {
    const detail = "`selector` does not match template `labels`";
    errors.push(invalid(`${path}.metadata.labels`, goMap(metadata?.labels), detail));
  }
  errors.push(...validatePodTemplate(template, path));
  const { restartPolicy = "", activeDeadlineSeconds } = spec;
  if (restartPolicy !== "Always") {
    errors.push(notSupported(`${path}.spec.restartPolicy`, restartPolicy, ["Always"]));
  }
  if (activeDeadlineSeconds !== undefined) {
    const detail = `activeDeadlineSeconds in ${kind} is not Supported`;
    errors.push(forbidden(`${path}.spec.activeDeadlineSeconds`, detail));
  }
  return errors;
}

export const isEmptySelector = ({ matchLabels, matchExpressions }: LabelSelector): boolean =>
  Object.keys(matchLabels ?? {}).length === 0 && (matchExpressions ?? []).length === 0;
