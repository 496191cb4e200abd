/**
 * Who approves a certificate request, or signs one, needs that right on the signer, besides that
 * on the request (Kubernetes' plugins CertificateApproval and CertificateSigning).
 */
import { semanticEqual } from "#libs/api/equality.ts";
import { forbiddenError } from "#libs/api/errors.ts";
import { goQuote } from "#libs/api/gotext.ts";
import type { CertificateSigningRequest } from "#proto/gen/k8s/certificates/v1.ts";
import { resourceText, type AdmissionPlugin, type AdmissionRequest } from "../admission/plugin.ts";
import type { Authorizer } from "./authorize.ts";
import { userOf } from "./caller.ts";

type Right = "approve" | "sign";

export function signerRights(authorizer: Authorizer): AdmissionPlugin {
  return {
    name: "SignerRights",
    async validate(request) {
      const { place, old, caller } = request;
      const right = rightFor(request);
      if (right === undefined) return;
      // The signer of what is stored: a write cannot choose another.
      const { spec, metadata } = (old ?? {}) as CertificateSigningRequest;
      const signer = spec?.signerName ?? "";
      const domain = signer.slice(0, Math.max(signer.indexOf("/"), 0));
      for (const name of [signer, `${domain}/*`]) {
        const { decision } = await authorizer({
          verb: right,
          group: "certificates.k8s.io",
          version: "*",
          resource: "signers",
          subresource: "",
          namespace: "",
          name,
          path: "",
          resourceRequest: true,
          user: userOf(caller),
        });
        if (decision === "allow") return;
      }
      const { group, plural } = place.definition;
      const why = `user not permitted to ${right} requests with signerName ${goQuote(signer)}`;
      throw forbiddenError({ group, name: plural }, metadata?.name ?? "", why);
    },
  };
}

function rightFor({ place, operation, draft, old }: AdmissionRequest): Right | undefined {
  if (resourceText(place) !== "certificatesigningrequests.certificates.k8s.io") return undefined;
  if (operation !== "update") return undefined;
  if (place.subresource === "approval") return "approve";
  if (place.subresource !== "status") return undefined;
  const { status } = (draft ?? {}) as CertificateSigningRequest;
  const { status: before } = (old ?? {}) as CertificateSigningRequest;
  const isSame =
    (status?.certificate ?? "") === (before?.certificate ?? "") &&
    semanticEqual(status?.conditions, before?.conditions);
  return isSame ? undefined : "sign";
}
