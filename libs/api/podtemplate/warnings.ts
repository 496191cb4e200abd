/** What a client is warned of in pods and pod templates (Kubernetes: pkg/api/pod/warnings.go). */
import type {
  Affinity,
  Container,
  EphemeralContainer,
  PersistentVolumeClaimSpec,
  PodAffinity,
  PodSpec,
  PodTemplateSpec,
  Volume,
} from "#proto/gen/k8s/core/v1.ts";
import type { ObjectMeta } from "#proto/gen/k8s/meta/v1.ts";
import { semanticEqual } from "../equality.ts";
import { goQuote } from "../gotext.ts";
import { dns1123LabelErrors } from "../names.ts";
import { canonicalQuantity } from "../quantity.ts";
import type { KubeObject } from "../resource.ts";
import { isWholeQuantity } from "../validation/quantities.ts";
import { allContainers } from "./allcontainers.ts";

interface Warned {
  readonly metadata?: ObjectMeta;
  readonly spec?: PodSpec;
}

/** `path` of a template; "" for a pod itself. */
export function podWarnings({ metadata, spec = {} }: Warned, path: string): string[] {
  const prefix = path === "" ? "" : `${path}.`;
  const specPath = `${prefix}spec`;
  const annotations = metadata?.annotations ?? {};
  const annotationsPath = `${prefix}metadata.annotations`;
  return [
    ...labelWarnings(spec, specPath),
    ...selectorWarnings(spec, specPath),
    ...annotationWarnings(annotations, annotationsPath),
    ...(spec.volumes ?? []).flatMap((volume, index) =>
      volumeWarnings(volume, `${specPath}.volumes[${index}]`),
    ),
    ...listWarnings(spec, specPath),
    ...allContainers(spec, specPath).flatMap(({ container, path: at }) => [
      ...(path === "" ? [] : appArmorWarnings(container, annotations, annotationsPath)),
      ...containerWarnings(container, at),
    ]),
    ...graceWarnings(spec, specPath),
  ];
}

/** Labels of nodes that have other names by now, and what to say of them. */
export const labelReplacements: Readonly<Record<string, string>> = {
  "beta.kubernetes.io/arch": 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  "beta.kubernetes.io/os": 'deprecated since v1.14; use "kubernetes.io/os" instead',
  "failure-domain.beta.kubernetes.io/region":
    'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  "failure-domain.beta.kubernetes.io/zone":
    'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  "beta.kubernetes.io/instance-type":
    'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
};

function labelWarnings(spec: PodSpec, path: string): string[] {
  const { nodeSelector = {}, affinity, topologySpreadConstraints: constraints = [] } = spec;
  const inSelector = Object.keys(nodeSelector)
    .sort()
    .flatMap((key) => {
      const text = labelReplacements[key];
      return text === undefined ? [] : [`${path}.nodeSelector[${key}]: ${text}`];
    });
  const inConstraints = constraints.flatMap(({ topologyKey = "", labelSelector }, index) => {
    const at = `${path}.topologySpreadConstraints[${index}]`;
    const text = labelReplacements[topologyKey];
    return [
      ...(text === undefined ? [] : [`${at}.topologyKey: ${topologyKey} is ${text}`]),
      ...(labelSelector === undefined ? [nullSelectorText(at)] : []),
    ];
  });
  return [...inSelector, ...affinityWarnings(affinity, `${path}.affinity`), ...inConstraints];
}

const nullSelectorText = (path: string): string =>
  `${path}.labelSelector: a null labelSelector results in matching no pod`;

function affinityWarnings(affinity: Affinity | undefined, path: string): string[] {
  const node = affinity?.nodeAffinity;
  const at = `${path}.nodeAffinity`;
  const terms = [
    ...(node?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []).map(
      (term, index) => ({
        term,
        path: `${at}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[${index}]`,
      }),
    ),
    ...(node?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(
      ({ preference = {} }, index) => ({
        term: preference,
        path: `${at}.preferredDuringSchedulingIgnoredDuringExecution[${index}].preference`,
      }),
    ),
  ];
  return terms.flatMap(({ term, path: termPath }) =>
    (term.matchExpressions ?? []).flatMap(({ key = "" }, index) => {
      const text = labelReplacements[key];
      if (text === undefined) return [];
      return [`${termPath}.matchExpressions[${index}].key: ${key} is ${text}`];
    }),
  );
}

/** Affinity without a selector matches nothing, which nobody wants. */
function selectorWarnings({ affinity }: PodSpec, path: string): string[] {
  const check = (pods: PodAffinity | undefined, at: string) => [
    ...(pods?.requiredDuringSchedulingIgnoredDuringExecution ?? []).flatMap((term, index) =>
      term.labelSelector === undefined
        ? [nullSelectorText(`${at}.requiredDuringSchedulingIgnoredDuringExecution[${index}]`)]
        : [],
    ),
    ...(pods?.preferredDuringSchedulingIgnoredDuringExecution ?? []).flatMap((term, index) => {
      if (term.podAffinityTerm?.labelSelector !== undefined) return [];
      const list = `${at}.preferredDuringSchedulingIgnoredDuringExecution[${index}]`;
      return [nullSelectorText(`${list}.podAffinityTerm`)];
    }),
  ];
  return [
    ...check(affinity?.podAffinity, `${path}.affinity.podAffinity`),
    ...check(affinity?.podAntiAffinity, `${path}.affinity.podAntiAffinity`),
  ];
}

const annotationReplacements: readonly [string, string][] = [
  [
    "scheduler.alpha.kubernetes.io/critical-pod",
    'non-functional in v1.16+; use the "priorityClassName" field instead',
  ],
  [
    "seccomp.security.alpha.kubernetes.io/pod",
    'non-functional in v1.27+; use the "seccompProfile" field instead',
  ],
  [
    "container.seccomp.security.alpha.kubernetes.io/",
    'non-functional in v1.27+; use the "seccompProfile" field instead',
  ],
  [
    "security.alpha.kubernetes.io/sysctls",
    'non-functional in v1.11+; use the "sysctls" field instead',
  ],
  [
    "security.alpha.kubernetes.io/unsafe-sysctls",
    'non-functional in v1.11+; use the "sysctls" field instead',
  ],
];

function annotationWarnings(annotations: Readonly<Record<string, string>>, path: string): string[] {
  const keys = Object.keys(annotations).sort();
  return annotationReplacements.flatMap(([name, text]) =>
    keys
      .filter((key) => key === name || (name.endsWith("/") && key.startsWith(name)))
      .map((key) => `${path}[${key}]: ${text}`),
  );
}

const deadVolumes: Partial<Record<keyof Volume, string>> = {
  photonPersistentDisk: "deprecated in v1.11, non-functional in v1.16+",
  gitRepo: "deprecated in v1.11, and disabled by default in v1.33+",
  scaleIO: "deprecated in v1.16, non-functional in v1.22+",
  flocker: "deprecated in v1.22, non-functional in v1.25+",
  storageos: "deprecated in v1.22, non-functional in v1.25+",
  quobyte: "deprecated in v1.22, non-functional in v1.25+",
  glusterfs: "deprecated in v1.25, non-functional in v1.26+",
  cephfs: "deprecated in v1.28, non-functional in v1.31+",
  rbd: "deprecated in v1.28, non-functional in v1.31+",
};

function volumeWarnings(volume: Volume, path: string): string[] {
  const dead = (Object.keys(deadVolumes) as (keyof Volume)[])
    .filter((source) => volume[source] !== undefined)
    .map((source) => `${path}.${source}: ${deadVolumes[source] ?? ""}`);
  const { name = "", projected } = volume;
  const sources = projected?.sources ?? [];
  const empty = sources.every((source) => Object.values(source).every((x) => x === undefined));
  if (projected === undefined || !empty) return dead;
  return [...dead, `volume ${goQuote(name)} (Projected) has no sources provided`];
}

/** Entries that come twice, of which only one counts. */
function listWarnings(spec: PodSpec, path: string): string[] {
  const { hostAliases = [], imagePullSecrets = [] } = spec;
  const addresses = new Set<string>();
  const names = new Set<string>();
  return [
    ...hostAliases.flatMap(({ ip = "" }, index) => {
      const repeated = addresses.has(ip);
      addresses.add(ip);
      const at = `${path}.hostAliases[${index}].ip`;
      return repeated ? [`${at}: duplicate ip ${goQuote(ip)}`] : [];
    }),
    ...imagePullSecrets.flatMap(({ name = "" }, index) => {
      const repeated = names.has(name);
      names.add(name);
      const at = `${path}.imagePullSecrets[${index}].name`;
      if (name === "") return [`${at}: invalid empty name ${goQuote(name)}`];
      return repeated ? [`${at}: duplicate name ${goQuote(name)}`] : [];
    }),
  ];
}

function appArmorWarnings(
  { name = "", securityContext }: Container | EphemeralContainer,
  annotations: Readonly<Record<string, string>>,
  path: string,
): string[] {
  const key = `container.apparmor.security.beta.kubernetes.io/${name}`;
  const unsaid = securityContext?.appArmorProfile === undefined;
  if (!unsaid || annotations[key] === undefined) return [];
  return [`${path}[${key}]: deprecated since v1.30; use the "appArmorProfile" field instead`];
}

function containerWarnings(container: Container | EphemeralContainer, path: string): string[] {
  return [
    ...fractionWarnings(container, path),
    ...envWarnings(container, path),
    ...portWarnings(container, path),
  ];
}

function fractionWarnings({ resources }: Container | EphemeralContainer, path: string): string[] {
  return (["limits", "requests"] as const).flatMap((kind) =>
    ["memory", "ephemeral-storage"].flatMap((name) =>
      byteWarnings(resources?.[kind]?.[name], `${path}.resources.${kind}[${name}]`),
    ),
  );
}

/** Bytes are whole. */
function byteWarnings(quantity: string | undefined, path: string): string[] {
  if (quantity === undefined || isWholeQuantity(quantity)) return [];
  const shown = goQuote(canonicalQuantity(quantity));
  return [`${path}: fractional byte value ${shown} is invalid, must be an integer`];
}

/** Warnings for the spec of a claim, alone or in a template. */
export function claimWarnings(spec: PersistentVolumeClaimSpec, path: string): string[] {
  return (["requests", "limits"] as const).flatMap((kind) => {
    const storage = spec.resources?.[kind]?.["storage"];
    return byteWarnings(storage, `${path}.resources.${kind}[storage]`);
  });
}

function envWarnings({ env = [] }: Container | EphemeralContainer, path: string): string[] {
  const seen = new Set<string>();
  return env.flatMap(({ name = "", value = "", valueFrom }, index) => {
    const before = seen.has(name);
    seen.add(name);
    const reference = `$(${name})`;
    // A value that is built on the one before is meant so.
    const extends_ = valueFrom === undefined && value !== reference && value.includes(reference);
    if (!before || extends_) return [];
    const text = `hides previous definition of ${goQuote(name)}`;
    return [`${path}.env[${index}]: ${text}, which may be dropped when using apply`];
  });
}

function portWarnings({ ports = [] }: Container | EphemeralContainer, path: string): string[] {
  const seen = new Map<string, number>();
  return ports.flatMap((port, index) => {
    const { name = "", hostPort = 0, containerPort = 0, protocol = "", hostIP = "" } = port;
    const at = `${path}.ports[${index}]`;
    const warnings: string[] = [];
    const key = [containerPort, protocol, hostIP, hostPort].join(" ");
    const first = seen.get(key);
    if (first === undefined) seen.set(key, index);
    else warnings.push(`${at}: duplicate port definition with ${path}.ports[${first}]`);
    if (hostIP === "" || hostPort !== 0) return warnings;
    const shown =
      `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} ` +
      `Protocol:${protocol} HostIP:${hostIP}}`;
    return [...warnings, `${at}: hostIP set without hostPort: ${shown}`];
  });
}

function graceWarnings({ terminationGracePeriodSeconds: seconds = 0 }: PodSpec, path: string) {
  if (seconds >= 0) return [];
  const text = "must be >= 0; negative values are invalid and will be treated as 1";
  return [`${path}.terminationGracePeriodSeconds: ${text}`];
}

/** A name with which the names of pods, and so of hosts, begin. */
export function podNameWarnings(name: string): string[] {
  const texts = dns1123LabelErrors(name);
  if (texts.length === 0) return [];
  return [
    "metadata.name: this is used in Pod names and hostnames, which can result in surprising " +
      `behavior; a DNS label is recommended: [${texts.join(" ")}]`,
  ];
}

interface Templated extends KubeObject {
  readonly spec?: { readonly template?: PodTemplateSpec };
}

/** Warnings for what makes pods of a template: of its name when it is new, and of the template. */
export function templateWarnings(object: Templated, old?: Templated): string[] {
  const name = old === undefined ? podNameWarnings(object.metadata?.name ?? "") : [];
  return [...name, ...changedTemplateWarnings(object, old)];
}

/** Warnings for a template that is new or was changed. */
export function changedTemplateWarnings({ spec }: Templated, old?: Templated): string[] {
  const template = spec?.template ?? {};
  return semanticEqual(template, old?.spec?.template) ? [] : podWarnings(template, "spec.template");
}
