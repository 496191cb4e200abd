/** Users from client certificates: common name is the user, organizations are the groups. */
import { createHash, X509Certificate } from "node:crypto";
import { authenticated, type User } from "./user.ts";

export type CertificateAuthenticator = (der: Uint8Array, now: number) => User | undefined;

interface Known {
  readonly user: User | undefined;
  /** Milliseconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
}

const clientAuth = "1.3.6.1.5.5.7.3.2";
const anyUsage = "2.5.29.37.0";

/** `clientCa`: PEM of one or more authorities. The authenticator remembers what it verified. */
export function certificateAuthenticator(clientCa: string): CertificateAuthenticator {
  const authorities = pemCertificates(clientCa);
  const verified = new WeakMap<Uint8Array, Known>();
  return (der, now) => {
    const known = verified.get(der) ?? verify(der, authorities);
    verified.set(der, known);
    const valid = now >= known.notBefore && now <= known.notAfter;
    return valid ? known.user : undefined;
  };
}

function pemCertificates(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}

function verify(der: Uint8Array, authorities: readonly X509Certificate[]): Known {
  const certificate = new X509Certificate(der);
  const times = {
    notBefore: Date.parse(certificate.validFrom),
    notAfter: Date.parse(certificate.validTo),
  };
  const signed = authorities.some(
    (authority) => certificate.checkIssued(authority) && certificate.verify(authority.publicKey),
  );
  const usages = certificate.keyUsage;
  const usable = usages === undefined || usages.includes(clientAuth) || usages.includes(anyUsage);
  return { user: signed && usable ? userOf(certificate) : undefined, ...times };
}

function userOf(certificate: X509Certificate): User | undefined {
  const subject = certificate.toLegacyObject().subject as unknown as Subject | undefined;
  const [name = ""] = asList(subject?.CN);
  if (name === "") return undefined;
  const hash = createHash("sha256").update(certificate.raw).digest("hex");
  return authenticated({
    name,
    groups: asList(subject?.O),
    extra: { "authentication.kubernetes.io/credential-id": [`X509SHA256=${hash}`] },
  });
}

interface Subject {
  readonly CN?: string | readonly string[];
  readonly O?: string | readonly string[];
}

const asList = (value: string | readonly string[] | undefined): readonly string[] =>
  value === undefined ? [] : typeof value === "string" ? [value] : value;
