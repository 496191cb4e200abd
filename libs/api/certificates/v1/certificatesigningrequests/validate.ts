/** What certificate requests may say (Kubernetes: pkg/apis/certificates/validation). */
import type {
  CertificateSigningRequest,
  CertificateSigningRequestSpec,
} from "#proto/gen/k8s/certificates/v1.ts";
import {
  duplicate,
  forbidden,
  invalid,
  notSupported,
  required,
  type FieldError,
} from "../../../errors.ts";
import { signerNameField } from "../../../validation/signers.ts";
import { certificatesError } from "../../issued.ts";
import { requestError } from "../../request.ts";
import { conditionsOf, validateConditionChanges, validateConditions } from "./conditions.ts";

const knownUsages = [
  "any",
  "cert sign",
  "client auth",
  "code signing",
  "content commitment",
  "crl sign",
  "data encipherment",
  "decipher only",
  "digital signature",
  "email protection",
  "encipher only",
  "ipsec end system",
  "ipsec tunnel",
  "ipsec user",
  "key agreement",
  "key encipherment",
  "microsoft sgc",
  "netscape sgc",
  "ocsp signing",
  "s/mime",
  "server auth",
  "signing",
  "timestamping",
];
const legacySigner = "kubernetes.io/legacy-unknown";
const secondsMin = 600;

const isKnown = (usage: string): boolean => knownUsages.includes(usage);
const textOf = (base64: string): string => Buffer.from(base64, "base64").toString("latin1");

const certificateOf = ({ status }: CertificateSigningRequest): string => status?.certificate ?? "";

const isBroken = (certificate: string): boolean =>
  certificate !== "" && certificatesError(textOf(certificate)) !== undefined;

/** `old` is the request before an update: what it has already may stay. */
export function validateRequest(
  request: CertificateSigningRequest,
  old?: CertificateSigningRequest,
): FieldError[] {
  const { spec = {} } = request;
  const certificate = certificateOf(request);
  const errors = [
    ...validateSpec(spec, old?.spec),
    ...validateConditions(conditionsOf(request), old === undefined ? [] : conditionsOf(old)),
  ];
  const mayBeBroken =
    old !== undefined && (certificate === certificateOf(old) || isBroken(certificateOf(old)));
  if (mayBeBroken || certificate === "") return errors;
  const detail = certificatesError(textOf(certificate));
  if (detail === undefined) return errors;
  return [...errors, invalid("status.certificate", "<certificate data>", detail)];
}

function validateSpec(
  spec: CertificateSigningRequestSpec,
  old: CertificateSigningRequestSpec | undefined,
): FieldError[] {
  // Bytes that were not given are null.
  const { request, signerName = "", expirationSeconds } = spec;
  const errors: FieldError[] = [];
  const detail = requestError(textOf(request ?? ""));
  if (detail !== undefined) errors.push(invalid("spec.request", request, detail));
  errors.push(...validateUsages(spec.usages ?? [], old?.usages ?? []));
  if (signerName === legacySigner && old?.signerName !== legacySigner) {
    const refusal = "the legacy signerName is not allowed via this API version";
    errors.push(invalid("spec.signerName", signerName, refusal));
  } else {
    errors.push(...signerNameField("spec.signerName", signerName));
  }
  if (expirationSeconds === undefined || expirationSeconds >= secondsMin) return errors;
  const least = `may not specify a duration less than ${secondsMin} seconds (10 minutes)`;
  return [...errors, invalid("spec.expirationSeconds", expirationSeconds, least)];
}

function validateUsages(usages: readonly string[], old: readonly string[]): FieldError[] {
  const path = "spec.usages";
  const errors = usages.length === 0 ? [required(path, "")] : [];
  if (old.every(isKnown)) {
    for (const [index, usage] of usages.entries()) {
      if (!isKnown(usage)) errors.push(notSupported(`${path}[${index}]`, usage, knownUsages));
    }
  }
  if (new Set(old).size < old.length) return errors;
  const repeated = [...usages.entries()].filter(([index, usage]) => usages.indexOf(usage) < index);
  return [...errors, ...repeated.map(([index, usage]) => duplicate(`${path}[${index}]`, usage))];
}

/** What may be set through which way. */
export interface Allowed {
  readonly mayApprove: boolean;
  readonly mayIssue: boolean;
}

export function validateRequestUpdate(
  request: CertificateSigningRequest,
  old: CertificateSigningRequest,
  allowed: Allowed,
): FieldError[] {
  const errors = [
    ...validateRequest(request, old),
    ...validateConditionChanges(conditionsOf(request), conditionsOf(old), allowed),
  ];
  const before = certificateOf(old);
  if (certificateOf(request) === before) return errors;
  const path = "status.certificate";
  if (!allowed.mayIssue) {
    return [...errors, forbidden(path, "updates may not set certificate content")];
  }
  if (before === "") return errors;
  return [...errors, forbidden(path, "updates may not modify existing certificate content")];
}
