/** CertificateSigningRequests: somebody asks a signer for a certificate. */
import type { CertificateSigningRequest } from "#proto/gen/k8s/certificates/v1.ts";
import { ageColumn, humanDuration, nameColumn } from "../../printing.ts";
import { defineResource } from "../../resource.ts";
import { everyVerb } from "../../verbs.ts";
import {
  conditionsOf,
  withOldVerdicts,
  withTimes,
} from "./certificatesigningrequests/conditions.ts";
import { validateRequest, validateRequestUpdate } from "./certificatesigningrequests/validate.ts";

export const certificatesigningrequests = defineResource<CertificateSigningRequest>({
  group: "certificates.k8s.io",
  version: "v1",
  kind: "CertificateSigningRequest",
  plural: "certificatesigningrequests",
  singular: "certificatesigningrequest",
  shortNames: ["csr"],
  categories: [],
  scope: "Cluster",
  verbs: everyVerb,
  message: "k8s.certificates.v1.CertificateSigningRequest",
  storageVersionHash: "95fRKMXA+00=",
  countsGeneration: false,
  createOnUpdate: false,
  unconditionalUpdate: true,
  confidential: false,
  ttlSeconds: 0,
  // Who asks is never believed.
  prepareForCreate: (request, { user, uid, groups, extra }) => {
    const { username: _, uid: _uid, groups: _groups, extra: _extra, ...spec } = request.spec ?? {};
    request.spec = {
      ...spec,
      username: user,
      ...(uid && { uid }),
      ...(groups && { groups: [...groups] }),
      ...(extra && { extra: copied(extra) }),
    };
    request.status = {};
  },
  prepareForUpdate: (request, old) => {
    request.spec = old.spec ?? {};
    request.status = old.status ?? {};
  },
  validate: (request) => validateRequest(request),
  validateUpdate: (request, old) =>
    validateRequestUpdate(request, old, { mayApprove: false, mayIssue: false }),
  nameRule: "pathSegment",
  subresources: [
    {
      type: "part",
      name: "approval",
      merge: (request, old, { now }) => ({
        ...request,
        spec: old.spec ?? {},
        status: {
          ...old.status,
          conditions: withTimes(conditionsOf(request), conditionsOf(old), now),
        },
      }),
      validateUpdate: (request, old) =>
        validateRequestUpdate(request, old, { mayApprove: true, mayIssue: false }),
      resetFields: ["spec", "status.certificate"],
    },
    {
      type: "part",
      name: "status",
      merge: (request, old, { now }) => {
        const before = conditionsOf(old);
        const conditions = withTimes(withOldVerdicts(conditionsOf(request), before), before, now);
        return { ...request, spec: old.spec ?? {}, status: { ...request.status, conditions } };
      },
      validateUpdate: (request, old) =>
        validateRequestUpdate(request, old, { mayApprove: false, mayIssue: true }),
      resetFields: ["spec", "status.conditions"],
    },
  ],
  printColumns: [
    nameColumn,
    ageColumn,
    {
      name: "SignerName",
      type: "string",
      description: "Who is asked for the certificate.",
      cell: ({ spec }) => spec?.signerName || "<none>",
    },
    {
      name: "Requestor",
      type: "string",
      description: "Who asks.",
      cell: ({ spec }) => spec?.username ?? "",
    },
    {
      name: "RequestedDuration",
      type: "string",
      description: "For how long the certificate is to be valid.",
      cell: ({ spec }) =>
        spec?.expirationSeconds === undefined
          ? "<none>"
          : humanDuration(spec.expirationSeconds * 1000),
    },
    {
      name: "Condition",
      type: "string",
      description: "What became of the request.",
      cell: conditionText,
    },
  ],
  fieldSelectors: { "spec.signerName": ({ spec }) => spec?.signerName ?? "" },
  defaultPropagation: "background",
  resetFields: ["spec", "status"],
});

const copied = (extra: Readonly<Record<string, readonly string[]>>): Record<string, string[]> =>
  Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]]));

function conditionText(request: CertificateSigningRequest): string {
  const types = new Set(conditionsOf(request).map(({ type }) => type));
  const verdict = ["Denied", "Approved"].find((type) => types.has(type)) ?? "Pending";
  const isIssued = (request.status?.certificate ?? "") !== "";
  return `${verdict}${types.has("Failed") ? ",Failed" : ""}${isIssued ? ",Issued" : ""}`;
}
