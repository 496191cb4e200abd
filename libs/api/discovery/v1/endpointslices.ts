/** EndpointSlices: the addresses behind a service, in pieces of bounded size. */
import type {
  Endpoint,
  EndpointHints,
  EndpointPort,
  EndpointSlice,
} from "#proto/gen/k8s/discovery/v1.ts";
import { semanticEqual, validateImmutable } from "../../equality.ts";
import {
  duplicate,
  invalid,
  notSupported,
  required,
  tooMany,
  type FieldError,
} from "../../errors.ts";
import { validateLabels } from "../../metadata/validate.ts";
import { ageColumn, moreText, nameColumn } from "../../printing.ts";
import { defineResource } from "../../resource.ts";
import { validateNonSpecialIp } from "../../validation/addresses.ts";
import { dnsLabelField, dnsSubdomainField, qualifiedNameField } from "../../validation/fields.ts";
import { ipFamily } from "../../validation/names.ts";
import { everyVerb } from "../../verbs.ts";
import { validateProtocol } from "../../core/v1/services/validate.ts";

const endpointsMax = 1000;
const addressesMax = 100;
const portsMax = 20_000;
const topologyKeysMax = 16;
const hintsMax = 8;
const addressTypes = ["IPv4", "IPv6", "FQDN"];

export const endpointslices = defineResource<EndpointSlice>({
  group: "discovery.k8s.io",
  version: "v1",
  kind: "EndpointSlice",
  plural: "endpointslices",
  singular: "endpointslice",
  shortNames: [],
  categories: [],
  scope: "Namespaced",
  verbs: everyVerb,
  message: "k8s.discovery.v1.EndpointSlice",
  storageVersionHash: "qgS0xkrxYAI=",
  // There is no spec: everything but metadata counts (see prepareForUpdate).
  countsGeneration: false,
  createOnUpdate: false,
  unconditionalUpdate: true,
  confidential: false,
  ttlSeconds: 0,
  defaults: ({ ports }) => {
    for (const port of ports ?? []) {
      port.name ??= "";
      port.protocol ??= "TCP";
    }
  },
  prepareForCreate: (draft) => {
    draft.metadata = { ...draft.metadata, generation: 1 };
    dropTopology(draft);
  },
  prepareForUpdate,
  validate,
  validateUpdate,
  nameRule: "dnsSubdomain",
  subresources: [],
  printColumns: [
    nameColumn,
    { name: "AddressType", type: "string", cell: ({ addressType }) => addressType ?? "" },
    { name: "Ports", type: "string", cell: portsText },
    { name: "Endpoints", type: "string", cell: endpointsText },
    ageColumn,
  ],
  fieldSelectors: {},
  defaultPropagation: "background",
});

/** deprecatedTopology came from v1beta1 only: v1 keeps what is stored and takes nothing new. */
function dropTopology(draft: EndpointSlice): void {
  for (const endpoint of draft.endpoints ?? []) delete endpoint.deprecatedTopology;
}

function prepareForUpdate(draft: EndpointSlice, old: EndpointSlice): void {
  const hadTopology = (old.endpoints ?? []).some((endpoint) => endpoint.deprecatedTopology);
  if (!hadTopology) dropTopology(draft);
  const { generation = 0, labels } = old.metadata ?? {};
  const isSame =
    semanticEqual(draft.metadata?.labels, labels) &&
    semanticEqual(draft.endpoints, old.endpoints) &&
    semanticEqual(draft.ports, old.ports) &&
    draft.addressType === old.addressType;
  draft.metadata = { ...draft.metadata, generation: isSame ? generation : generation + 1 };
}

function validate({ addressType = "", endpoints, ports }: EndpointSlice): FieldError[] {
  return [
    ...validateAddressType(addressType),
    ...validateEndpoints(endpoints ?? [], addressType),
    ...validatePorts(ports ?? []),
  ];
}

/** Endpoints that were accepted once are not judged again. */
function validateUpdate(slice: EndpointSlice, old: EndpointSlice): FieldError[] {
  const isKept = semanticEqual(slice.endpoints, old.endpoints);
  return [
    ...validate(isKept ? { ...slice, endpoints: [] } : slice),
    ...validateImmutable("addressType", slice.addressType, old.addressType),
  ];
}

function validateAddressType(addressType: string): FieldError[] {
  if (addressType === "") return [required("addressType", "")];
  if (addressTypes.includes(addressType)) return [];
  return [notSupported("addressType", addressType, addressTypes.toSorted())];
}

function validateEndpoints(endpoints: readonly Endpoint[], addressType: string): FieldError[] {
  if (endpoints.length > endpointsMax) {
    return [tooMany("endpoints", endpoints.length, endpointsMax)];
  }
  return endpoints.flatMap((endpoint, index) =>
    validateEndpoint(endpoint, addressType, `endpoints[${index}]`),
  );
}

function validateEndpoint(endpoint: Endpoint, addressType: string, path: string): FieldError[] {
  const { nodeName, hostname, deprecatedTopology = {}, hints } = endpoint;
  const addresses = endpoint.addresses ?? [];
  const errors: FieldError[] = [];
  const addressesPath = `${path}.addresses`;
  if (addresses.length === 0) {
    errors.push(required(addressesPath, "must contain at least 1 address"));
  } else if (addresses.length > addressesMax) {
    errors.push(tooMany(addressesPath, addresses.length, addressesMax));
  }
  errors.push(
    ...addresses.flatMap((address, index) =>
      validateAddress(address, addressType, `${addressesPath}[${index}]`),
    ),
  );
  if (nodeName !== undefined) errors.push(...dnsSubdomainField(`${path}.nodeName`, nodeName));
  const topologyPath = `${path}.deprecatedTopology`;
  const topologyKeys = Object.keys(deprecatedTopology).length;
  if (topologyKeys > topologyKeysMax) {
    errors.push(tooMany(topologyPath, topologyKeys, topologyKeysMax));
  }
  errors.push(...validateLabels(deprecatedTopology, topologyPath));
  if (hostname !== undefined) errors.push(...dnsLabelField(`${path}.hostname`, hostname));
  return hints ? [...errors, ...validateHints(hints, `${path}.hints`)] : errors;
}

function validateAddress(address: string, addressType: string, path: string): FieldError[] {
  if (addressType === "FQDN") return dnsSubdomainField(path, address);
  const family = { IPv4: 4, IPv6: 6 }[addressType];
  if (family === undefined) return [];
  const detail = `must be a valid ${addressType} address`;
  const isRight = ipFamily(address) === family;
  const errors = isRight ? [] : [invalid(path, address, detail)];
  return [...errors, ...validateNonSpecialIp(path, address)];
}

function validateHints({ forZones, forNodes }: EndpointHints, path: string): FieldError[] {
  return [
    ...validateHint(forZones ?? [], `${path}.forZones`, "zone"),
    ...validateHint(forNodes ?? [], `${path}.forNodes`, "node"),
  ];
}

function validateHint(
  hints: readonly { readonly name?: string }[],
  path: string,
  kind: "zone" | "node",
): FieldError[] {
  if (hints.length > hintsMax) return [tooMany(path, hints.length, hintsMax)];
  return hints.flatMap(({ name = "" }, index) => {
    const namePath = `${path}[${index}].name`;
    if (hints.findIndex((other) => (other.name ?? "") === name) < index) {
      return [duplicate(namePath, name)];
    }
    if (kind === "node") return dnsSubdomainField(namePath, name);
    return validateLabels({ zone: name }, namePath);
  });
}

function validatePorts(ports: readonly EndpointPort[]): FieldError[] {
  if (ports.length > portsMax) return [tooMany("ports", ports.length, portsMax)];
  return ports.flatMap(({ name = "", protocol = "", appProtocol }, index) => {
    const path = `ports[${index}]`;
    const errors = name === "" ? [] : dnsLabelField(`${path}.name`, name);
    if (ports.findIndex((other) => (other.name ?? "") === name) < index) {
      errors.push(duplicate(`${path}.name`, name));
    }
    errors.push(...validateProtocol(`${path}.protocol`, protocol));
    if (appProtocol === undefined) return errors;
    return [...errors, ...qualifiedNameField(`${path}.appProtocol`, appProtocol)];
  });
}

const shownMax = 3;

function portsText({ ports }: EndpointSlice): string {
  const texts = (ports ?? []).map(({ port, name }) => (port ? String(port) : name || "*"));
  return moreText(texts.slice(0, shownMax), texts.length) || "<unset>";
}

function endpointsText({ endpoints }: EndpointSlice): string {
  const addresses = (endpoints ?? []).flatMap((endpoint) => endpoint.addresses ?? []);
  return moreText(addresses.slice(0, shownMax), addresses.length) || "<unset>";
}
