/** What load balancers report: shared by services and ingresses. */
import type { LoadBalancerStatus } from "#proto/gen/k8s/core/v1.ts";
import { forbidden, invalid, notSupported, type FieldError } from "../../../errors.ts";
import { dnsSubdomainField, ipField } from "../../../validation/fields.ts";
import { ipFamily } from "../../../validation/names.ts";

const ipModes = ["Proxy", "VIP"];

export function validateLoadBalancerStatus(
  { ingress = [] }: LoadBalancerStatus,
  isBalanced: boolean,
  path: string,
): FieldError[] {
  const ingressPath = `${path}.ingress`;
  if (!isBalanced && ingress.length > 0) {
    const detail = "may only be used when `spec.type` is 'LoadBalancer'";
    return [forbidden(ingressPath, detail)];
  }
  return ingress.flatMap((point, index) => validateIngress(point, `${ingressPath}[${index}]`));
}

type Ingress = NonNullable<LoadBalancerStatus["ingress"]>[number];

function validateIngress({ ip = "", ipMode, hostname = "" }: Ingress, path: string): FieldError[] {
  const errors = ip === "" ? [] : ipField(`${path}.ip`, ip);
  if (ip === "" && ipMode !== undefined) {
    errors.push(forbidden(`${path}.ipMode`, "may not be specified when `ip` is not set"));
  } else if (ip !== "" && ipMode !== undefined && !ipModes.includes(ipMode)) {
    errors.push(notSupported(`${path}.ipMode`, ipMode, ipModes));
  }
  if (hostname === "") return errors;
  errors.push(...dnsSubdomainField(`${path}.hostname`, hostname));
  if (ipFamily(hostname) === 0) return errors;
  const detail = "must be a DNS name, not an IP address";
  return [...errors, invalid(`${path}.hostname`, hostname, detail)];
}
