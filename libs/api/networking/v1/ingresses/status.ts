/** Where an ingress can be reached (Kubernetes: ValidateIngressStatusUpdate). */
import type { Ingress } from "#proto/gen/k8s/networking/v1.ts";
import { invalid, type FieldError } from "../../../errors.ts";
import { dns1123SubdomainErrors } from "../../../names.ts";
import { strictIpErrors } from "../../../validation/addresses.ts";
import { invalidFor } from "../../../validation/fields.ts";
import { ipFamily } from "../../../validation/names.ts";

/** Addresses that were taken once may stay. */
export function validateStatusUpdate({ status }: Ingress, old: Ingress): FieldError[] {
  const known = new Set((old.status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip));
  return (status?.loadBalancer?.ingress ?? []).flatMap(({ ip = "", hostname = "" }, index) => {
    const path = `status.loadBalancer.ingress[${index}]`;
    const errors: FieldError[] = [];
    if (ip !== "" && !known.has(ip)) {
      errors.push(...invalidFor(`${path}.ip`, ip, strictIpErrors(ip)));
    }
    if (hostname === "") return errors;
    errors.push(...invalidFor(`${path}.hostname`, hostname, dns1123SubdomainErrors(hostname)));
    if (ipFamily(hostname) === 0) return errors;
    const detail = "must be a DNS name, not an IP address";
    return [...errors, invalid(`${path}.hostname`, hostname, detail)];
  });
}
