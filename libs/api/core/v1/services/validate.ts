/** Validation of services, in Kubernetes' order (pkg/apis/core/validation). */
import type { Service, ServicePort } from "#proto/gen/k8s/core/v1.ts";
import {
  duplicate,
  forbidden,
  invalid,
  notSupported,
  required,
  type FieldError,
} from "../../../errors.ts";
import { validateLabels } from "../../../metadata/validate.ts";
import { validateNonSpecialIp } from "../../../validation/addresses.ts";
import {
  dnsLabelField,
  dnsSubdomainField,
  invalidFor,
  ipField,
  portOrNameField,
  qualifiedNameField,
} from "../../../validation/fields.ts";
import { cidrErrors, portNumberErrors } from "../../../validation/names.ts";
import { validateAddresses, validateAddressesUpdate } from "./addresses.ts";
import {
  hasInternalTraffic,
  isExternallyAccessible,
  isExternalName,
  isHeadless,
  isLoadBalancer,
  needsHealthCheckNodePort,
} from "./kinds.ts";

export const protocols = ["SCTP", "TCP", "UDP"];
const affinities = ["ClientIP", "None"];
const types = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const trafficPolicies = ["Cluster", "Local"];
const distributions = ["PreferClose", "PreferSameZone", "PreferSameNode"];

const topologyHints = "service.kubernetes.io/topology-aware-hints";
const topologyMode = "service.kubernetes.io/topology-mode";
const sourceRanges = "service.beta.kubernetes.io/load-balancer-source-ranges";

const balancerOnly = "may only be used when `type` is 'LoadBalancer'";

export function validateService(service: Service): FieldError[] {
  const spec = service.spec ?? {};
  const { ports = [] } = spec;
  return [
    ...validateTopology(service),
    ...(ports.length > 0 || isHeadless(service) || isExternalName(service)
      ? []
      : [required("spec.ports", "")]),
    ...validateByType(service),
    ...ports.flatMap((port, index) => validatePort(port, index, ports)),
    ...validateLabels(spec.selector, "spec.selector"),
    ...validateAffinity(service),
    ...validateAddresses(service),
    ...(spec.externalIPs ?? []).flatMap((ip, index) =>
      validateExternalIp(`spec.externalIPs[${index}]`, ip),
    ),
    ...validateType(service),
    ...validateNodePorts(service),
    ...validateDistinct(ports),
    ...validateSourceRanges(service),
    ...validateBalancer(service),
    ...validateExternalTraffic(service),
    ...validateInternalTraffic(service),
  ];
}

export function validateServiceUpdate(service: Service, old: Service): FieldError[] {
  const errors = validateAddressesUpdate(service, old);
  if (isLoadBalancer(service) && isLoadBalancer(old)) {
    const { loadBalancerClass } = service.spec ?? {};
    if (loadBalancerClass !== old.spec?.loadBalancerClass) {
      const path = "spec.loadBalancerClass";
      errors.push(invalid(path, loadBalancerClass, "may not change once set"));
    }
  }
  const isChecked = needsHealthCheckNodePort(service) && needsHealthCheckNodePort(old);
  if (isChecked && service.spec?.healthCheckNodePort !== old.spec?.healthCheckNodePort) {
    errors.push(forbidden("spec.healthCheckNodePort", "field is immutable"));
  }
  return [...errors, ...validateService(service)];
}

function validateTopology({ metadata }: Service): FieldError[] {
  const hints = metadata?.annotations?.[topologyHints];
  const mode = metadata?.annotations?.[topologyMode];
  if (hints === undefined || mode === undefined || hints === mode) return [];
  const detail = `must match annotations[${topologyHints}] when both are specified`;
  return [invalid(`metadata.annotations[${topologyMode}]`, mode, detail)];
}

function validateByType(service: Service): FieldError[] {
  const { type, clusterIPs = [], ipFamilies = [], ipFamilyPolicy } = service.spec ?? {};
  if (type === "LoadBalancer" || type === "NodePort") {
    if (!isHeadless(service)) return [];
    const detail = `may not be set to 'None' for ${type} services`;
    return [invalid("spec.clusterIPs[0]", clusterIPs[0], detail)];
  }
  if (type !== "ExternalName") return [];
  const errors: FieldError[] = [];
  const refused = "may not be set for ExternalName services";
  if (clusterIPs.length > 0) errors.push(forbidden("spec.clusterIPs", refused));
  if (ipFamilies.length > 0) errors.push(forbidden("spec.ipFamilies", refused));
  if (ipFamilyPolicy !== undefined) errors.push(forbidden("spec.ipFamilyPolicy", refused));
  // A trailing dot says that the name is complete.
  const name = (service.spec?.externalName ?? "").replace(/\.$/, "");
  if (name === "") return [...errors, required("spec.externalName", "")];
  return [...errors, ...dnsSubdomainField("spec.externalName", name)];
}

function validatePort(
  port: ServicePort,
  index: number,
  ports: readonly ServicePort[],
): FieldError[] {
  const path = `spec.ports[${index}]`;
  const { name = "", protocol = "", appProtocol } = port;
  const errors: FieldError[] = [];
  if (name !== "") {
    errors.push(...dnsLabelField(`${path}.name`, name));
    const first = ports.findIndex((other) => other.name === name);
    if (first < index) errors.push(duplicate(`${path}.name`, name));
  } else if (ports.length > 1) errors.push(required(`${path}.name`, ""));
  const number = port.port ?? 0;
  errors.push(...invalidFor(`${path}.port`, number, portNumberErrors(number)));
  errors.push(...validateProtocol(`${path}.protocol`, protocol));
  errors.push(...portOrNameField(`${path}.targetPort`, port.targetPort));
  if (appProtocol === undefined) return errors;
  return [...errors, ...qualifiedNameField(`${path}.appProtocol`, appProtocol)];
}

export function validateProtocol(path: string, protocol: string): FieldError[] {
  if (protocol === "") return [required(path, "")];
  return protocols.includes(protocol) ? [] : [notSupported(path, protocol, protocols)];
}

function validateAffinity({ spec }: Service): FieldError[] {
  const { sessionAffinity = "", sessionAffinityConfig: config } = spec ?? {};
  const path = "spec.sessionAffinity";
  if (sessionAffinity === "") return [required(path, "")];
  if (!affinities.includes(sessionAffinity)) {
    return [notSupported(path, sessionAffinity, affinities)];
  }
  const configPath = "spec.sessionAffinityConfig";
  if (sessionAffinity === "None") {
    if (config === undefined) return [];
    return [forbidden(configPath, "must not be set when session affinity is None")];
  }
  const seconds = config?.clientIP?.timeoutSeconds;
  if (seconds === undefined) {
    return [required(configPath, "when session affinity type is ClientIP")];
  }
  if (seconds > 0 && seconds <= 86_400) return [];
  const detail = "must be greater than 0 and less than 86400";
  return [invalid(`${configPath}.clientIP.timeoutSeconds`, seconds, detail)];
}

function validateExternalIp(path: string, ip: string): FieldError[] {
  const errors = ipField(path, ip);
  return errors.length > 0 ? errors : validateNonSpecialIp(path, ip);
}

function validateType({ spec }: Service): FieldError[] {
  const { type = "" } = spec ?? {};
  if (type === "") return [required("spec.type", "")];
  return types.includes(type) ? [] : [notSupported("spec.type", type, types)];
}

function validateNodePorts({ spec }: Service): FieldError[] {
  const ports = (spec?.ports ?? []).map((port, index) => ({
    ...port,
    path: `spec.ports[${index}].nodePort`,
  }));
  const set = ports.filter(({ nodePort }) => Boolean(nodePort));
  const misused = spec?.type === "ClusterIP" ? set : [];
  return [
    ...misused.map(({ path }) => forbidden(path, "may not be used when `type` is 'ClusterIP'")),
    ...set
      .filter((port, index) => set.findIndex((other) => isSameNodePort(other, port)) < index)
      .map(({ path, nodePort }) => duplicate(path, nodePort)),
  ];
}

const isSameNodePort = (left: ServicePort, right: ServicePort) =>
  left.nodePort === right.nodePort && left.protocol === right.protocol;

function validateDistinct(ports: readonly ServicePort[]): FieldError[] {
  const isSame = (left: ServicePort, right: ServicePort) =>
    left.port === right.port && left.protocol === right.protocol;
  return ports.flatMap((port, index) => {
    if (ports.findIndex((other) => isSame(other, port)) === index) return [];
    // The key of Kubernetes' own map, printed as Go prints that struct.
    const key = {
      Name: "",
      Protocol: port.protocol ?? "",
      AppProtocol: null,
      Port: port.port ?? 0,
      TargetPort: 0,
      NodePort: 0,
    };
    return [duplicate(`spec.ports[${index}]`, key)];
  });
}

function validateSourceRanges({ spec, metadata }: Service): FieldError[] {
  const ranges = spec?.loadBalancerSourceRanges ?? [];
  const annotation = metadata?.annotations?.[sourceRanges];
  if (ranges.length === 0 && annotation === undefined) return [];
  const isField = ranges.length > 0;
  const path = isField ? "spec.LoadBalancerSourceRanges" : `metadata.annotations[${sourceRanges}]`;
  const errors = spec?.type === "LoadBalancer" ? [] : [forbidden(path, balancerOnly)];
  const texts = isField ? ranges : (annotation ?? "").trim().split(",").filter(Boolean);
  for (const [index, padded] of texts.entries()) {
    const text = padded.trim();
    errors.push(...invalidFor(isField ? `${path}[${index}]` : path, text, cidrErrors(text)));
  }
  return errors;
}

function validateBalancer(service: Service): FieldError[] {
  const { allocateLoadBalancerNodePorts: allocate, loadBalancerClass } = service.spec ?? {};
  const path = "spec.loadBalancerClass";
  if (!isLoadBalancer(service)) {
    return [
      ...(allocate === undefined
        ? []
        : [forbidden("spec.allocateLoadBalancerNodePorts", balancerOnly)]),
      ...(loadBalancerClass === undefined ? [] : [forbidden(path, balancerOnly)]),
    ];
  }
  return [
    ...(allocate === undefined ? [required("allocateLoadBalancerNodePorts", "")] : []),
    ...(loadBalancerClass === undefined ? [] : qualifiedNameField(path, loadBalancerClass)),
  ];
}

function validateExternalTraffic(service: Service): FieldError[] {
  const { externalTrafficPolicy: policy = "", healthCheckNodePort = 0 } = service.spec ?? {};
  const errors: FieldError[] = [];
  const path = "spec.externalTrafficPolicy";
  if (!isExternallyAccessible(service)) {
    if (policy !== "") {
      errors.push(invalid(path, policy, "may only be set for externally-accessible services"));
    }
  } else if (policy === "") errors.push(required(path, ""));
  else if (!trafficPolicies.includes(policy)) {
    errors.push(notSupported(path, policy, trafficPolicies));
  }
  // Not set yet: allocation will choose one.
  if (healthCheckNodePort === 0) return errors;
  const portPath = "spec.healthCheckNodePort";
  if (needsHealthCheckNodePort(service)) {
    const texts = portNumberErrors(healthCheckNodePort);
    return [...errors, ...invalidFor(portPath, healthCheckNodePort, texts)];
  }
  const detail =
    "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
  return [...errors, invalid(portPath, healthCheckNodePort, detail)];
}

function validateInternalTraffic(service: Service): FieldError[] {
  const { internalTrafficPolicy: policy, trafficDistribution } = service.spec ?? {};
  const errors: FieldError[] = [];
  const path = "spec.internalTrafficPolicy";
  if (policy === undefined) {
    if (hasInternalTraffic(service)) errors.push(required(path, ""));
  } else if (!trafficPolicies.includes(policy)) {
    errors.push(notSupported(path, policy, trafficPolicies));
  }
  if (trafficDistribution === undefined) return errors;
  if (distributions.includes(trafficDistribution)) return errors;
  return [...errors, notSupported("spec.trafficDistribution", trafficDistribution, distributions)];
}
