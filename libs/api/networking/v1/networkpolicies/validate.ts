/** What network policies may say (Kubernetes: pkg/apis/networking/validation). */
import type {
  IPBlock,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  NetworkPolicySpec,
} from "#proto/gen/k8s/networking/v1.ts";
import { forbidden, invalid, notSupported, required, type FieldError } from "../../../errors.ts";
import {
  cidrWarnings,
  parseRange,
  rangeContains,
  strictCidrErrors,
} from "../../../validation/addresses.ts";
import { invalidFor } from "../../../validation/fields.ts";
import { cidrErrors, portNameErrors, portNumberErrors } from "../../../validation/names.ts";
import { validateLabelSelector } from "../../../validation/selectors.ts";

const policyTypes = ["Ingress", "Egress"];
const protocols = ["TCP", "UDP", "SCTP"];

/** `known` ranges need only be ranges, however they are written. */
export function validateNetworkPolicy(
  spec: NetworkPolicySpec,
  known: ReadonlySet<string>,
): FieldError[] {
  const rules = [
    ...(spec.ingress ?? []).map(({ ports, from }, index) => ({
      path: `spec.ingress[${index}]`,
      ports,
      peers: from,
      side: "from",
    })),
    ...(spec.egress ?? []).map(({ ports, to }, index) => ({
      path: `spec.egress[${index}]`,
      ports,
      peers: to,
      side: "to",
    })),
  ];
  return [
    ...validateLabelSelector(spec.podSelector, "spec.podSelector"),
    ...rules.flatMap(({ path, ports = [], peers = [], side }) => [
      ...ports.flatMap((port, index) => validatePort(port, `${path}.ports[${index}]`)),
      ...peers.flatMap((peer, index) => validatePeer(peer, known, `${path}.${side}[${index}]`)),
    ]),
    ...validateTypes(spec.policyTypes ?? [], "spec.policyTypes"),
  ];
}

function validateTypes(types: readonly string[], path: string): FieldError[] {
  if (types.length > policyTypes.length) {
    return [invalid(path, types, "may not specify more than two policyTypes")];
  }
  return types.flatMap((type, index) =>
    policyTypes.includes(type) ? [] : [notSupported(`${path}[${index}]`, type, policyTypes)],
  );
}

function validatePort({ protocol, port, endPort }: NetworkPolicyPort, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (protocol !== undefined && !protocols.includes(protocol)) {
    errors.push(notSupported(`${path}.protocol`, protocol, protocols));
  }
  const [portAt, endAt] = [`${path}.port`, `${path}.endPort`];
  const refuseEnd = (when: string) =>
    endPort === undefined ? [] : [invalid(endAt, endPort, `may not be specified when ${when}`)];
  if (port === undefined) return [...errors, ...refuseEnd("`port` is not specified")];
  if (typeof port === "string") {
    errors.push(...refuseEnd("`port` is non-numeric"));
    return [...errors, ...invalidFor(portAt, port, portNameErrors(port))];
  }
  errors.push(...invalidFor(portAt, port, portNumberErrors(port)));
  if (endPort === undefined) return errors;
  if (endPort < port) {
    // Kubernetes shows the port where the end of the range would be expected.
    errors.push(invalid(endAt, port, "must be greater than or equal to `port`"));
  }
  return [...errors, ...invalidFor(endAt, endPort, portNumberErrors(endPort))];
}

function validatePeer(
  { podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer,
  known: ReadonlySet<string>,
  path: string,
): FieldError[] {
  const errors = [
    ...validateLabelSelector(podSelector, `${path}.podSelector`),
    ...validateLabelSelector(namespaceSelector, `${path}.namespaceSelector`),
    ...(ipBlock === undefined ? [] : validateBlock(ipBlock, known, `${path}.ipBlock`)),
  ];
  const selects = podSelector !== undefined || namespaceSelector !== undefined;
  if (!selects && ipBlock === undefined) errors.push(required(path, "must specify a peer"));
  if (selects && ipBlock !== undefined) {
    errors.push(forbidden(path, "may not specify both ipBlock and another peer"));
  }
  return errors;
}

function validateBlock(
  { cidr = "", except = [] }: IPBlock,
  known: ReadonlySet<string>,
  path: string,
): FieldError[] {
  if (cidr === "") return [required(`${path}.cidr`, "")];
  const rangeErrors = (field: string, text: string) =>
    invalidFor(field, text, known.has(text) ? cidrErrors(text) : strictCidrErrors(text));
  const errors = rangeErrors(`${path}.cidr`, cidr);
  const whole = parseRange(cidr);
  if (whole === undefined) return errors;
  for (const [index, text] of except.entries()) {
    const at = `${path}.except[${index}]`;
    errors.push(...rangeErrors(at, text));
    const range = parseRange(text);
    if (range === undefined) continue;
    const isInside = rangeContains(whole, { family: range.family, value: range.base });
    if (isInside && whole.prefixLength < range.prefixLength) continue;
    errors.push(invalid(at, text, "must be a strict subset of `cidr`"));
  }
  return errors;
}

/** Blocks of addresses in a policy, with their paths. */
export function blocksOf(spec: NetworkPolicySpec): { block: IPBlock; path: string }[] {
  const peers = [
    ...(spec.ingress ?? []).flatMap(({ from = [] }, rule) =>
      from.map((peer, index) => ({ peer, path: `spec.ingress[${rule}].from[${index}]` })),
    ),
    ...(spec.egress ?? []).flatMap(({ to = [] }, rule) =>
      to.map((peer, index) => ({ peer, path: `spec.egress[${rule}].to[${index}]` })),
    ),
  ];
  return peers.flatMap(({ peer: { ipBlock }, path }) =>
    ipBlock === undefined ? [] : [{ block: ipBlock, path: `${path}.ipBlock` }],
  );
}

/** What a client is told about ranges that are written in an unusual way. */
export function networkPolicyWarnings(spec: NetworkPolicySpec): string[] {
  return blocksOf(spec).flatMap(({ block: { cidr = "", except = [] }, path }) => [
    ...cidrWarnings(`${path}.cidr`, cidr),
    ...except.flatMap((text, index) => cidrWarnings(`${path}.except[${index}]`, text)),
  ]);
}
