/** Nobody gets a certificate of the group that may do everything by asking for it. */
import { organizationsOf } from "#libs/api/certificates/request.ts";
import { forbiddenError } from "#libs/api/errors.ts";
import type { CertificateSigningRequest } from "#proto/gen/k8s/certificates/v1.ts";
import { resourceText, type AdmissionPlugin } from "./plugin.ts";

const clientSigner = "kubernetes.io/kube-apiserver-client";
const privilegedGroup = "system:masters";

export const certificateSubjectRestriction: AdmissionPlugin = {
  name: "CertificateSubjectRestriction",
  validate({ operation, place, draft }) {
    if (resourceText(place) !== "certificatesigningrequests.certificates.k8s.io") return;
    if (operation !== "create" || place.subresource !== "") return;
    const { spec, metadata } = (draft ?? {}) as CertificateSigningRequest;
    if (spec?.signerName !== clientSigner) return;
    const text = Buffer.from(spec.request ?? "", "base64").toString("latin1");
    if (!organizationsOf(text).includes(privilegedGroup)) return;
    const { group, plural: resource } = place.definition;
    const why = `use of ${clientSigner} signer with ${privilegedGroup} group is not allowed`;
    throw forbiddenError({ group, name: resource }, metadata?.name ?? "", why);
  },
};
