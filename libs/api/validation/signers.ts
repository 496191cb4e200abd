/** Names of signers (Kubernetes: pkg/apis/core/validation/names.go). */
import { invalid, required, tooLong, type FieldError } from "../errors.ts";
import { goQuote } from "../gotext.ts";
import { dns1123LabelErrors, dns1123SubdomainErrors } from "../names.ts";

const domainBytesMax = 253;
const labelBytesMax = 63;
/** A domain, a slash, a namespace, a dot and a name. */
const signerBytesMax = domainBytesMax + 1 + labelBytesMax + 1 + domainBytesMax;

/** `example.com/signer`: a domain of two parts at least, and names joined by dots. */
export function signerNameField(field: string, signer: string): FieldError[] {
  if (signer === "") return [required(field, "")];
  const [domain = "", path = "", ...others] = signer.split("/");
  if (others.length > 0 || !signer.includes("/")) {
    const shape = "must be a fully qualified domain and path of the form 'example.com/signer-name'";
    return [invalid(field, signer, shape)];
  }
  const errors: FieldError[] = [];
  if (Buffer.byteLength(domain) > domainBytesMax) errors.push(tooLong(field, domainBytesMax));
  errors.push(...firstBadLabel(field, domain, dns1123LabelErrors));
  if (!domain.includes(".")) {
    const detail = "should be a domain with at least two segments separated by dots";
    errors.push(invalid(field, domain, detail));
  }
  errors.push(...firstBadLabel(field, path, dns1123SubdomainErrors));
  if (Buffer.byteLength(signer) > signerBytesMax) errors.push(tooLong(field, signerBytesMax));
  return errors;
}

function firstBadLabel(
  field: string,
  value: string,
  check: (label: string) => string[],
): FieldError[] {
  for (const label of value.split(".")) {
    const texts = check(label);
    if (texts.length === 0) continue;
    const named = goQuote(label);
    return texts.map((text) => invalid(field, value, `validating label ${named}: ${text}`));
  }
  return [];
}
