import { expect, test } from "vitest";
import type {
  HTTPIngressPath,
  Ingress,
  IngressBackend,
  IngressClassParametersReference,
  IngressSpec,
  IPBlock,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  NetworkPolicySpec,
  ParentReference,
} from "#proto/gen/k8s/networking/v1.ts";
import { fieldErrorText, type FieldError } from "../../errors.ts";
import { ingressclasses } from "./ingressclasses.ts";
import { ingresses } from "./ingresses.ts";
import { ipaddresses } from "./ipaddresses.ts";
import { networkpolicies } from "./networkpolicies.ts";
import { servicecidrs } from "./servicecidrs.ts";

const facts = { now: 0, verb: "update", subresource: "", user: "u", uuid: () => "1" } as const;
const texts = (errors: FieldError[] | undefined) => (errors ?? []).map(fieldErrorText);

const backend = { service: { name: "s", port: { number: 80 } } };
const ingressOf = (spec: IngressSpec, annotations = {}): Ingress => ({
  metadata: { name: "i", namespace: "n", annotations },
  spec: { defaultBackend: backend, ...spec },
});
const pathOf = (path: HTTPIngressPath, host = "a.b"): IngressSpec => ({
  rules: [{ host, http: { paths: [{ pathType: "Exact", path: "/", backend, ...path }] } }],
});
const toBackend = (defaultBackend: IngressBackend): IngressSpec => ({ defaultBackend });

const at = "spec.rules[0].http.paths[0]";
const class253 = /^spec.ingressClassName: Invalid value: "A": a lowercase RFC 1123 subdomain must/;

test.each<[string, IngressSpec, unknown[]]>([
  ["to one service", {}, []],
  ["by a path", pathOf({}), []],
  ["by any host", pathOf({}, "*.example.com"), []],
  ["of a class", { ingressClassName: "A" }, [expect.stringMatching(class253)]],
  [
    "by an address",
    pathOf({}, "1.2.3.4"),
    ['spec.rules[0].host: Invalid value: "1.2.3.4": must be a DNS name, not an IP address'],
  ],
  [
    "by a host that cannot be",
    pathOf({}, "*.*.com"),
    [
      expect.stringMatching(
        /^spec.rules\[0\].host: Invalid value: "\*.\*.com": a wildcard DNS-1123/,
      ),
    ],
  ],
  ["by no path", { rules: [{ http: {} }] }, ["spec.rules[0].http.paths: Required value"]],
  [
    "by a path of no type",
    pathOf({ pathType: null as never }),
    [`${at}.pathType: Required value: pathType must be specified`],
  ],
  [
    "by a path of another type",
    pathOf({ pathType: "Some" }),
    [
      `${at}.pathType: Unsupported value: "Some": supported values: "Exact", ` +
        '"ImplementationSpecific", "Prefix"',
    ],
  ],
  [
    "by paths that hide something",
    pathOf({ path: "a//b/./c/%2f/.." }),
    [
      "must be an absolute path",
      ...["//", "/./", "%2f"].map((sequence) => `must not contain '${sequence}'`),
      "cannot end with '/..'",
    ].map((detail) => `${at}.path: Invalid value: "a//b/./c/%2f/..": ${detail}`),
  ],
  ["by a path as somebody likes", pathOf({ pathType: "ImplementationSpecific", path: "" }), []],
  [
    "to nothing",
    toBackend({}),
    ['spec.defaultBackend: Invalid value: "": resource or service backend is required'],
  ],
  [
    "to two",
    toBackend({ ...backend, resource: { kind: "K", name: "n" } }),
    ['spec.defaultBackend: Invalid value: "": cannot set both resource and service backends'],
  ],
  [
    "to a thing without a name",
    toBackend({ resource: { apiGroup: "A" } }),
    [
      expect.stringMatching(/^spec.defaultBackend.resource.apiGroup: Invalid value: "A"/),
      "spec.defaultBackend.resource.kind: Required value",
      "spec.defaultBackend.resource.name: Required value",
    ],
  ],
  [
    "to no port",
    toBackend({ service: { name: "s" } }),
    ["spec.defaultBackend: Required value: port name or number is required"],
  ],
  [
    "to two ports",
    toBackend({ service: { name: "s", port: { name: "p", number: 1 } } }),
    ['spec.defaultBackend: Invalid value: "": cannot set both port name & port number'],
  ],
  [
    "to a port that cannot be",
    toBackend({ service: { name: "s", port: { number: 70000 } } }),
    [
      "spec.defaultBackend.service.port.number: Invalid value: 70000: " +
        "must be between 1 and 65535, inclusive",
    ],
  ],
  [
    "with keys of no name",
    { tls: [{ hosts: ["A"], secretName: "S" }] },
    [
      expect.stringMatching(/^spec.tls\[0\].hosts\[0\]: Invalid value: "A"/),
      expect.stringMatching(/^spec.tls\[0\].secretName: Invalid value: "S"/),
    ],
  ],
])("an ingress %s", (_, spec, expected) => {
  expect(texts(ingresses.validate(ingressOf(spec), facts))).toEqual(expected);
});

test("an ingress leads somewhere, and says its class once", () => {
  expect(texts(ingresses.validate({ metadata: { name: "i" }, spec: {} }, facts))).toEqual([
    "spec: Invalid value: null: either `defaultBackend` or `rules` must be specified",
  ]);
  const annotations = { "kubernetes.io/ingress.class": "a" };
  const ingress = ingressOf({ ingressClassName: "b" }, annotations);
  expect(texts(ingresses.validate(ingress, facts))).toEqual([
    'annotations.kubernetes.io/ingress.class: Invalid value: "a": ' +
      "must match `ingressClassName` when both are specified",
  ]);
});

test("an ingress keeps the secrets that it had", () => {
  const bad = ingressOf({ tls: [{ secretName: "S" }] });
  expect(texts(ingresses.validateUpdate?.(bad, bad, facts))).toEqual([]);
  expect(texts(ingresses.validateUpdate?.(bad, ingressOf({}), facts))).toHaveLength(1);
});

test("where an ingress is reached", () => {
  const part = ingresses.subresources.find(({ name }) => name === "status");
  if (part?.type !== "part") throw new Error("no status");
  const at1 = "status.loadBalancer.ingress[0]";
  const reached = (entry: { ip?: string; hostname?: string }): Ingress => ({
    ...ingressOf({}),
    status: { loadBalancer: { ingress: [entry] } },
  });
  const errorsOf = (entry: { ip?: string; hostname?: string }) =>
    texts(part.validateUpdate?.(reached(entry), ingressOf({}), facts));
  expect(errorsOf({ ip: "10.0.0.1", hostname: "a.b" })).toEqual([]);
  expect(errorsOf({ ip: "010.0.0.1" })).toEqual([
    expect.stringMatching(/^status.loadBalancer.ingress\[0\].ip: Invalid value: "010.0.0.1"/),
  ]);
  expect(errorsOf({ hostname: "10.0.0.1" })).toEqual([
    `${at1}.hostname: Invalid value: "10.0.0.1": must be a DNS name, not an IP address`,
  ]);
  const old = reached({ ip: "010.0.0.1" });
  expect(texts(part.validateUpdate?.(old, old, facts))).toEqual([]);
});

test.each<[string, string, IngressClassParametersReference | undefined, unknown[]]>([
  ["of somebody", "a.io/b", undefined, []],
  ["of nobody", "", undefined, ["spec.controller: Required value"]],
  [
    "without a domain",
    "b",
    undefined,
    ['spec.controller: Invalid value: "b": must be a domain-prefixed path (such as "acme.io/foo")'],
  ],
  [
    "with parameters of a namespace that is missing",
    "a.io/b",
    { kind: "K", name: "n", scope: "Namespace" },
    ["spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'"],
  ],
  [
    "with parameters of a namespace too many",
    "a.io/b",
    { kind: "K", name: "n", scope: "Cluster", namespace: "x" },
    ["spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'"],
  ],
  [
    "with parameters of another scope",
    "a.io/b",
    { kind: "K", name: "n", scope: "Some" },
    ['spec.parameters.scope: Unsupported value: "Some": supported values: "Cluster", "Namespace"'],
  ],
])("a class of ingresses %s", (_, controller, parameters, expected) => {
  const spec = { controller, ...(parameters && { parameters }) };
  const errors = ingressclasses.validate({ metadata: { name: "c" }, spec }, facts);
  expect(texts(errors)).toEqual(expected);
});

test("a class of ingresses keeps its controller", () => {
  const by = (controller: string) => ({ metadata: { name: "c" }, spec: { controller } });
  expect(texts(ingressclasses.validateUpdate?.(by("a.io/c"), by("a.io/b"), facts))).toEqual([
    'spec.controller: Invalid value: "a.io/c": field is immutable',
  ]);
});

const policyOf = (spec: NetworkPolicySpec) => ({
  metadata: { name: "p", namespace: "n" },
  spec: { podSelector: {}, ...spec },
});
const fromPeer = (peer: NetworkPolicyPeer): NetworkPolicySpec => ({ ingress: [{ from: [peer] }] });
const byPort = (port: NetworkPolicyPort): NetworkPolicySpec => ({ egress: [{ ports: [port] }] });
const block = (ipBlock: IPBlock): NetworkPolicySpec => fromPeer({ ipBlock });
const peerAt = "spec.ingress[0].from[0]";
const portAt = "spec.egress[0].ports[0]";

test.each<[string, NetworkPolicySpec, unknown[]]>([
  ["for all", {}, []],
  ["by a range of ports", byPort({ protocol: "UDP", port: 1, endPort: 2 }), []],
  ["from a range", block({ cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] }), []],
  [
    "by another protocol",
    byPort({ protocol: "Some" }),
    [`${portAt}.protocol: Unsupported value: "Some": supported values: "TCP", "UDP", "SCTP"`],
  ],
  [
    "by ports that cannot be",
    byPort({ port: 70000, endPort: 5 }),
    [
      `${portAt}.port: Invalid value: 70000: must be between 1 and 65535, inclusive`,
      `${portAt}.endPort: Invalid value: 70000: must be greater than or equal to \`port\``,
    ],
  ],
  [
    "up to a port alone",
    byPort({ endPort: 5 }),
    [`${portAt}.endPort: Invalid value: 5: may not be specified when \`port\` is not specified`],
  ],
  [
    "up to a port from a name",
    byPort({ port: "web", endPort: 5 }),
    [`${portAt}.endPort: Invalid value: 5: may not be specified when \`port\` is non-numeric`],
  ],
  ["from nobody", fromPeer({}), [`${peerAt}: Required value: must specify a peer`]],
  [
    "from two",
    fromPeer({ podSelector: {}, ipBlock: { cidr: "10.0.0.0/8" } }),
    [`${peerAt}: Forbidden: may not specify both ipBlock and another peer`],
  ],
  ["from no range", block({ cidr: "" }), [`${peerAt}.ipBlock.cidr: Required value`]],
  [
    "from what is no range",
    block({ cidr: "10.0.0.1" }),
    [expect.stringMatching(/ipBlock.cidr: Invalid value: "10.0.0.1": must be a valid CIDR value/)],
  ],
  [
    "from an address with a range",
    block({ cidr: "10.0.0.1/8" }),
    [expect.stringMatching(/ipBlock.cidr: Invalid value: "10.0.0.1\/8": must not have bits set/)],
  ],
  [
    "except for others",
    block({ cidr: "10.0.0.0/8", except: ["11.0.0.0/16"] }),
    [
      `${peerAt}.ipBlock.except[0]: Invalid value: "11.0.0.0/16": ` +
        "must be a strict subset of `cidr`",
    ],
  ],
  [
    "of another type",
    { policyTypes: ["Some"] },
    ['spec.policyTypes[0]: Unsupported value: "Some": supported values: "Ingress", "Egress"'],
  ],
  [
    "of three types",
    { policyTypes: ["Ingress", "Egress", "Ingress"] },
    [
      'spec.policyTypes: Invalid value: ["Ingress","Egress","Ingress"]: ' +
        "may not specify more than two policyTypes",
    ],
  ],
])("a policy %s", (_, spec, expected) => {
  expect(texts(networkpolicies.validate(policyOf(spec), facts))).toEqual(expected);
});

test("a policy is for what comes in, and for what goes out if it says something of it", () => {
  const types = (spec: NetworkPolicySpec) => {
    const policy = policyOf(spec);
    networkpolicies.defaults?.(policy);
    return (policy.spec as NetworkPolicySpec).policyTypes;
  };
  expect(types({})).toEqual(["Ingress"]);
  expect(types({ egress: [{}] })).toEqual(["Ingress", "Egress"]);
  expect(types({ policyTypes: ["Egress"] })).toEqual(["Egress"]);
});

test("a policy keeps the ranges that it had", () => {
  const old = policyOf(block({ cidr: "10.0.0.1/8" }));
  expect(texts(networkpolicies.validateUpdate?.(old, old, facts))).toEqual([]);
});

test.each<[string, ParentReference | undefined, unknown[]]>([
  ["of a service", { resource: "services", namespace: "n", name: "s" }, []],
  ["of nobody", undefined, ["spec.parentRef: Required value"]],
  [
    "of something",
    { group: "G", namespace: "a/b" },
    [
      expect.stringMatching(/^spec.parentRef.group: Invalid value: "G"/),
      "spec.parentRef.resource: Required value",
      "spec.parentRef.name: Required value",
      "spec.parentRef.namespace: Invalid value: \"a/b\": may not contain '/'",
    ],
  ],
])("an address %s", (_, parentRef, expected) => {
  const address = { metadata: { name: "10.0.0.1" }, spec: parentRef ? { parentRef } : {} };
  expect(texts(ipaddresses.validate(address, facts))).toEqual(expected);
});

test("an address stays with its owner", () => {
  const of = (name: string) => ({ spec: { parentRef: { resource: "services", name } } });
  expect(texts(ipaddresses.validateUpdate?.(of("a"), of("a"), facts))).toEqual([]);
  expect(texts(ipaddresses.validateUpdate?.(of("b"), of("a"), facts))).toEqual([
    expect.stringMatching(/^spec.parentRef: Invalid value: .*: field is immutable$/),
  ]);
});

const rangesOf = (...cidrs: string[]) => ({ metadata: { name: "r" }, spec: { cidrs } });

test.each<[string[], unknown[]]>([
  [["10.0.0.0/8"], []],
  [["10.0.0.0/8", "fd00::/112"], []],
  [[], ["spec.cidrs: Required value: at least one CIDR required"]],
  [
    ["10.0.0.0/8", "11.0.0.0/8", "12.0.0.0/8"],
    [expect.stringMatching(/^spec.cidrs: Invalid value: .*: may only hold up to 2 values$/)],
  ],
  [
    ["10.0.0.0/8", "11.0.0.0/8"],
    [expect.stringMatching(/^spec.cidrs: .*: may specify no more than one IP for each IP family/)],
  ],
  [["10.0.0.1/8"], [expect.stringMatching(/^spec.cidrs\[0\]: Invalid value: "10.0.0.1\/8": must/)]],
])("ranges for services: %j", (cidrs, expected) => {
  expect(texts(servicecidrs.validate(rangesOf(...cidrs), facts))).toEqual(expected);
});

test.each<[string[], string[], string[]]>([
  [["10.0.0.0/8"], ["10.0.0.0/8", "fd00::/112"], []],
  [
    ["10.0.0.0/8"],
    ["11.0.0.0/8"],
    ['spec.cidrs[0]: Invalid value: "11.0.0.0/8": field is immutable'],
  ],
  [
    ["10.0.0.0/8", "fd00::/112"],
    ["10.0.0.0/8"],
    ['spec.cidrs: Invalid value: ["10.0.0.0/8"]: field is immutable'],
  ],
])("ranges for services %j become %j", (before, after, expected) => {
  const errors = servicecidrs.validateUpdate?.(rangesOf(...after), rangesOf(...before), facts);
  expect(texts(errors)).toEqual(expected);
});

test("rows", () => {
  const parentRef = { group: "a.io", resource: "Things", namespace: "n", name: "x" };
  const address = { metadata: { name: "10.0.0.1" }, spec: { parentRef } };
  const row = ipaddresses.printColumns.map(({ cell }) => cell(address, 0));
  expect(row).toEqual(["10.0.0.1", "things.a.io/n/x", "<unknown>"]);
  const parameters = { apiGroup: "a.io", kind: "K", name: "p" };
  const named = { metadata: { name: "c" }, spec: { controller: "a.io/b", parameters } };
  const classRow = ingressclasses.printColumns.map(({ cell }) => cell(named, 0));
  expect(classRow).toEqual(["c", "a.io/b", "K.a.io/p", "<unknown>"]);
  const ranges = servicecidrs.printColumns.map(({ cell }) =>
    cell(rangesOf("10.0.0.0/8", "fd00::/112"), 0),
  );
  expect(ranges).toEqual(["r", "10.0.0.0/8,fd00::/112", "<unknown>"]);
  const rules = [{ host: "a" }, {}, { host: "b" }, { host: "c" }, { host: "d" }];
  const loadBalancer = { ingress: [{ ip: "1.2.3.4" }, { hostname: "h" }] };
  const ingress = { ...ingressOf({ rules, tls: [{}] }), status: { loadBalancer } };
  const ingressRow = ingresses.printColumns.map(({ cell }) => cell(ingress, 0));
  expect(ingressRow).toEqual([
    "i",
    "<none>",
    "a,b,c + 2 more...",
    "1.2.3.4,h",
    "80, 443",
    "<unknown>",
  ]);
});
