/** Endpoints: the old form of endpoint slices, kept for clients that still read it. */
import type { EndpointAddress, EndpointPort, Endpoints } from "#proto/gen/k8s/core/v1.ts";
import { required, type FieldError } from "../../errors.ts";
import { ageColumn, moreText, nameColumn } from "../../printing.ts";
import { defineResource } from "../../resource.ts";
import { validateNonSpecialIp } from "../../validation/addresses.ts";
import {
  dnsLabelField,
  dnsSubdomainField,
  invalidFor,
  ipField,
  qualifiedNameField,
} from "../../validation/fields.ts";
import { portNumberErrors } from "../../validation/names.ts";
import { everyVerb } from "../../verbs.ts";
import { validateProtocol } from "./services/validate.ts";

export const endpoints = defineResource<Endpoints>({
  group: "",
  version: "v1",
  kind: "Endpoints",
  plural: "endpoints",
  singular: "endpoints",
  shortNames: ["ep"],
  categories: [],
  scope: "Namespaced",
  verbs: everyVerb,
  message: "k8s.core.v1.Endpoints",
  storageVersionHash: "fWeeMqaN/OA=",
  countsGeneration: false,
  createOnUpdate: true,
  unconditionalUpdate: true,
  confidential: false,
  ttlSeconds: 0,
  defaults: ({ subsets }) => {
    for (const port of (subsets ?? []).flatMap(({ ports }) => ports ?? [])) {
      port.protocol ||= "TCP";
    }
  },
  validate: ({ subsets }) => (subsets ?? []).flatMap(validateSubset),
  nameRule: "dnsSubdomain",
  deprecated: "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
  subresources: [],
  printColumns: [nameColumn, { name: "Endpoints", type: "string", cell: endpointsText }, ageColumn],
  fieldSelectors: {},
  defaultPropagation: "background",
});

type Subset = NonNullable<Endpoints["subsets"]>[number];

function validateSubset(subset: Subset, index: number): FieldError[] {
  const path = `subsets[${index}]`;
  const { addresses = [], notReadyAddresses = [], ports = [] } = subset;
  const isEmpty = addresses.length === 0 && notReadyAddresses.length === 0;
  return [
    ...(isEmpty ? [required(path, "must specify `addresses` or `notReadyAddresses`")] : []),
    ...addresses.flatMap((address, at) => validateAddress(address, `${path}.addresses[${at}]`)),
    ...notReadyAddresses.flatMap((address, at) =>
      validateAddress(address, `${path}.notReadyAddresses[${at}]`),
    ),
    ...ports.flatMap((port, at) =>
      validatePort(port, `${path}.ports[${at}]`, { isNamed: ports.length > 1 }),
    ),
  ];
}

function validateAddress(address: EndpointAddress, path: string): FieldError[] {
  const { ip = "", hostname = "", nodeName } = address;
  return [
    ...ipField(`${path}.ip`, ip),
    ...(hostname === "" ? [] : dnsLabelField(`${path}.hostname`, hostname)),
    ...(nodeName === undefined ? [] : dnsSubdomainField(`${path}.nodeName`, nodeName)),
    ...validateNonSpecialIp(`${path}.ip`, ip),
  ];
}

function validatePort(
  { name = "", port = 0, protocol = "", appProtocol }: EndpointPort,
  path: string,
  { isNamed }: { readonly isNamed: boolean },
): FieldError[] {
  const missing = isNamed ? [required(`${path}.name`, "")] : [];
  return [
    ...(name === "" ? missing : dnsLabelField(`${path}.name`, name)),
    ...invalidFor(`${path}.port`, port, portNumberErrors(port)),
    ...validateProtocol(`${path}.protocol`, protocol),
    ...(appProtocol === undefined ? [] : qualifiedNameField(`${path}.appProtocol`, appProtocol)),
  ];
}

const shownMax = 3;

function endpointsText({ subsets = [] }: Endpoints): string {
  if (subsets.length === 0) return "<none>";
  const all = subsets.flatMap(({ addresses = [], ports = [] }) => {
    const ips = addresses.map(({ ip = "" }) => ip);
    if (ports.length === 0) return ips;
    return ports.flatMap(({ port }) => ips.map((ip) => hostPort(ip, port ?? 0)));
  });
  return moreText(all.slice(0, shownMax), all.length);
}

const hostPort = (ip: string, port: number) =>
  ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`;
