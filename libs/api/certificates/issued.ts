/** Checks issued certificates in PEM. */
import { X509Certificate } from "node:crypto";
import { goQuote } from "../gotext.ts";
import { DerError, derValues } from "./der.ts";
import { pemBlocks } from "./pem.ts";

/** What is wrong with a chain, in Go's words; undefined: nothing. */
export function certificatesError(text: string): string | undefined {
  const blocks = [...pemBlocks(text)];
  if (blocks.length === 0) return "must contain at least one CERTIFICATE PEM block";
  for (const { type, hasHeaders, bytes } of blocks) {
    if (type !== "CERTIFICATE") {
      return `only CERTIFICATE PEM blocks are allowed, found ${goQuote(type)}`;
    }
    if (hasHeaders) return "no PEM block headers are permitted";
    if (bytes.length === 0) return "found CERTIFICATE PEM block containing 0 certificates";
    if (!isCertificates(bytes)) return "x509: malformed certificate";
  }
  return undefined;
}

/** Certificates may follow one another in a block. */
function isCertificates(bytes: Buffer): boolean {
  try {
    for (const { whole } of derValues(bytes)) void new X509Certificate(whole);
    return true;
  } catch (error) {
    if (error instanceof DerError || isCryptoError(error)) return false;
    throw error;
  }
}

const isCryptoError = (error: unknown): boolean =>
  error instanceof Error && "code" in error && String(error.code).startsWith("ERR_OSSL");
