/** Checks a PKCS#10 request (RFC 2986): its form, and that its maker has the key. */
import { constants, createPublicKey, verify, type KeyObject } from "node:crypto";
import {
  DerError,
  derTags,
  derText,
  derValues,
  expectValue,
  objectIdText,
  type DerValue,
} from "./der.ts";
import { pemBlocks } from "./pem.ts";

type Family = "RSA" | "RSA-PSS" | "ECDSA" | "Ed25519";

interface Algorithm {
  readonly family: Family;
  readonly hash: string | null;
}

const algorithms: Readonly<Record<string, Algorithm>> = {
  "1.2.840.113549.1.1.5": { family: "RSA", hash: "sha1" },
  "1.2.840.113549.1.1.11": { family: "RSA", hash: "sha256" },
  "1.2.840.113549.1.1.12": { family: "RSA", hash: "sha384" },
  "1.2.840.113549.1.1.13": { family: "RSA", hash: "sha512" },
  "1.2.840.10045.4.1": { family: "ECDSA", hash: "sha1" },
  "1.2.840.10045.4.3.2": { family: "ECDSA", hash: "sha256" },
  "1.2.840.10045.4.3.3": { family: "ECDSA", hash: "sha384" },
  "1.2.840.10045.4.3.4": { family: "ECDSA", hash: "sha512" },
  "1.3.101.112": { family: "Ed25519", hash: null },
};
const pssId = "1.2.840.113549.1.1.10";
const hashIds: Readonly<Record<string, string>> = {
  "2.16.840.1.101.3.4.2.1": "sha256",
  "2.16.840.1.101.3.4.2.2": "sha384",
  "2.16.840.1.101.3.4.2.3": "sha512",
};
const md5Id = "1.2.840.113549.1.1.4";
const keyTypes: Readonly<Record<Family, string>> = {
  RSA: "rsa",
  "RSA-PSS": "rsa",
  ECDSA: "ec",
  Ed25519: "ed25519",
};

/** The parts of a request: what is signed, how, and the signature. */
interface Parts {
  readonly info: DerValue;
  readonly algorithm: readonly DerValue[];
  readonly signature: Buffer;
}

/** Throws DerError. */
function partsOf(bytes: Buffer): Parts {
  const [request, ...others] = derValues(bytes);
  const parts = derValues(expectValue(request, derTags.sequence).content);
  if (others.length > 0) throw new DerError("asn1: syntax error: trailing data");
  return {
    info: expectValue(parts[0], derTags.sequence),
    algorithm: derValues(expectValue(parts[1], derTags.sequence).content),
    signature: expectValue(parts[2], derTags.bitString).content.subarray(1),
  };
}

const organizationId = "2.5.4.10";

/** The groups that a valid request in PEM asks for. Throws DerError for another. */
export function organizationsOf(text: string): string[] {
  const [block] = pemBlocks(text);
  const { info } = partsOf(block?.bytes ?? Buffer.alloc(0));
  const [, subject] = derValues(info.content);
  const sets = derValues(expectValue(subject, derTags.sequence).content);
  return sets
    .flatMap(({ content }) => derValues(content))
    .flatMap(({ content }) => {
      const [id, value] = derValues(content);
      const isOrganization = id !== undefined && objectIdText(id.content) === organizationId;
      return isOrganization && value !== undefined ? [derText(value)] : [];
    });
}

/** What is wrong with a request in PEM, in Go's words; undefined: nothing. */
export function requestError(text: string): string | undefined {
  const [block] = pemBlocks(text);
  if (block?.type !== "CERTIFICATE REQUEST") return "PEM block type must be CERTIFICATE REQUEST";
  try {
    return signatureError(block.bytes);
  } catch (error) {
    if (error instanceof DerError) return error.message;
    throw error;
  }
}

function signatureError(bytes: Buffer): string | undefined {
  const { info, algorithm: algorithmParts, signature } = partsOf(bytes);
  const [, , keyInfo] = derValues(info.content);
  const key = publicKey(expectValue(keyInfo, derTags.sequence).whole);
  const id = objectIdText(expectValue(algorithmParts[0], derTags.objectId).content);
  if (id === md5Id) return "x509: cannot verify signature: insecure algorithm MD5-RSA";
  const algorithm = id === pssId ? pssAlgorithm(algorithmParts[1]) : algorithms[id];
  if (algorithm === undefined || key === undefined) {
    return "x509: cannot verify signature: algorithm unimplemented";
  }
  const { family, hash } = algorithm;
  if (key.asymmetricKeyType !== keyTypes[family]) {
    return `x509: signature algorithm specifies an ${family} public key, but have another`;
  }
  const padding = family === "RSA-PSS" ? { padding: constants.RSA_PKCS1_PSS_PADDING } : {};
  if (verify(hash, info.whole, { key, ...padding }, signature)) return undefined;
  return family === "RSA" || family === "RSA-PSS"
    ? "crypto/rsa: verification error"
    : `x509: ${family} verification failure`;
}

/** Undefined for a kind of key that nobody here knows. */
function publicKey(der: Buffer): KeyObject | undefined {
  try {
    return createPublicKey({ key: der, format: "der", type: "spki" });
  } catch {
    return undefined;
  }
}

/** Its parameters name the hash: [0] { SEQUENCE { OBJECT IDENTIFIER } }. */
function pssAlgorithm(parameters: DerValue | undefined): Algorithm | undefined {
  const [first] = derValues(expectValue(parameters, derTags.sequence).content);
  const [named] = derValues(first?.content ?? Buffer.alloc(0));
  const [id] = derValues(expectValue(named, derTags.sequence).content);
  const hash = hashIds[objectIdText(expectValue(id, derTags.objectId).content)];
  return hash === undefined ? undefined : { family: "RSA-PSS", hash };
}
