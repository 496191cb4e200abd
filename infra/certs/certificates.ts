/** X.509 certificates of a cluster: its authority and what the authority signs. ECDSA P-256. */
import "./reflect.ts";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import type { World } from "#libs/actor/world.ts";

/** A certificate and its private key, both as PEM. */
export interface Credentials {
  readonly cert: string;
  readonly key: string;
}

export interface Authority extends Credentials {
  readonly certificate: x509.X509Certificate;
  readonly privateKey: webcrypto.CryptoKey;
}

export interface Names {
  readonly dns: readonly string[];
  readonly ips: readonly string[];
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const dayMs = 24 * 60 * 60 * 1000;
const authorityDays = 3650;
/** As kubeadm issues them. */
const leafDays = 365;
/** Certificates begin a little in the past, for clocks that are behind. */
const backdatedMs = 5 * 60 * 1000;

x509.cryptoProvider.set(webcrypto);

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}

async function keyPem(key: webcrypto.CryptoKey): Promise<string> {
  const der = await webcrypto.subtle.exportKey("pkcs8", key);
  return `${x509.PemConverter.encode(der, "PRIVATE KEY")}\n`;
}

async function keyFromPem(pem: string): Promise<webcrypto.CryptoKey> {
  const der = x509.PemConverter.decode(pem)[0];
  if (!der) throw new Error("the file of the authority's key holds no key");
  return webcrypto.subtle.importKey("pkcs8", der, algorithm, true, ["sign"]);
}

/** Serial numbers are positive and have fewer than 160 bits. */
const serialNumber = () =>
  Buffer.from(webcrypto.getRandomValues(new Uint8Array(16)).fill(1, 0, 1)).toString("hex");

const validity = (world: World, days: number) => ({
  notBefore: new Date(world.now() - backdatedMs),
  notAfter: new Date(world.now() + days * dayMs),
});

/** A new authority that signs itself. */
export async function createAuthority(commonName: string, world: World): Promise<Authority> {
  const keys = await generateKeys();
  const usages = x509.KeyUsageFlags;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [commonName] }],
    ...validity(world, authorityDays),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(
        usages.digitalSignature | usages.keyEncipherment | usages.keyCertSign,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      new x509.SubjectAlternativeNameExtension([{ type: "dns", value: commonName }]),
    ],
  });
  const pem = { cert: pemOf(certificate), key: await keyPem(keys.privateKey) };
  return { ...pem, certificate, privateKey: keys.privateKey };
}

/** The authority that was written down before. */
export async function readAuthority({ cert, key }: Credentials): Promise<Authority> {
  const certificate = new x509.X509Certificate(cert);
  return { cert, key, certificate, privateKey: await keyFromPem(key) };
}

export interface LeafOptions {
  readonly commonName: string;
  /** Groups, for a client. */
  readonly organizations?: readonly string[];
  readonly use: "client" | "server";
  /** Names and addresses of a server. */
  readonly names?: Names;
}

/** A certificate that the authority signs for a server or a client. */
export async function issue(
  authority: Authority,
  options: LeafOptions,
  world: World,
): Promise<Credentials> {
  const { commonName, organizations = [], use, names } = options;
  const keys = await generateKeys();
  const usages = x509.KeyUsageFlags;
  const purpose = x509.ExtendedKeyUsage[use === "server" ? "serverAuth" : "clientAuth"];
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [...organizations.map((name) => ({ O: [name] })), { CN: [commonName] }],
    issuer: authority.certificate.subjectName.toJSON(),
    ...validity(world, leafDays),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: authority.privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(usages.digitalSignature | usages.keyEncipherment, true),
      new x509.ExtendedKeyUsageExtension([purpose]),
      await x509.AuthorityKeyIdentifierExtension.create(authority.certificate),
      ...(names ? [alternativeNames(names)] : []),
    ],
  });
  return { cert: pemOf(certificate), key: await keyPem(keys.privateKey) };
}

function alternativeNames({ dns, ips }: Names): x509.SubjectAlternativeNameExtension {
  return new x509.SubjectAlternativeNameExtension([
    ...dns.map((value) => ({ type: "dns" as const, value })),
    ...ips.map((value) => ({ type: "ip" as const, value })),
  ]);
}

const pemOf = (certificate: x509.X509Certificate) => `${certificate.toString("pem")}\n`;

/** A key pair that signs and verifies the tokens of service accounts. */
export async function createSigningKey(): Promise<{ publicKey: string; key: string }> {
  const { privateKey, publicKey } = await generateKeys();
  const der = await webcrypto.subtle.exportKey("spki", publicKey);
  const pem = `${x509.PemConverter.encode(der, "PUBLIC KEY")}\n`;
  return { publicKey: pem, key: await keyPem(privateKey) };
}
