/**
 * The keys and certificates of one cluster in a folder, with the file names that kubeadm uses. Made
 * once; what is about to expire, or no longer names this machine, is issued anew.
 */
import { X509Certificate } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { isIP } from "node:net";
import { join } from "node:path";
import { realWorld, type World } from "#libs/actor/world.ts";
import type { Authority, Credentials, LeafOptions, Names } from "./certificates.ts";

export interface Pki {
  /** Certificate of the authority, PEM. */
  readonly ca: string;
  /** What the API server shows its clients. */
  readonly apiserver: Credentials;
  /** kubernetes-admin of system:masters. */
  readonly admin: Credentials;
  /** Signs the tokens of service accounts; ECDSA P-256, PEM. */
  readonly serviceAccount: { readonly publicKey: string; readonly key: string };
  /** Private key of the authority, which signs certificate requests. */
  readonly caKey: string;
}

export interface PkiOptions {
  readonly folder: string;
  /** First address of the service network: what pods call the API server by. */
  readonly serviceIp: string;
  /** Further names and addresses that the API server is reached by. */
  readonly hosts?: readonly string[];
  readonly world?: World;
}

const renewBeforeMs = 30 * 24 * 60 * 60 * 1000;

/** Names that Kubernetes' API server is known by inside and outside a cluster. */
function serverNames({ serviceIp, hosts = [] }: PkiOptions): Names {
  const services = ["kubernetes", "kubernetes.default", "kubernetes.default.svc"];
  const dns = ["localhost", ...services, "kubernetes.default.svc.cluster.local"];
  return {
    dns: [...new Set([...dns, ...hosts.filter((host) => isIP(host) === 0)])],
    ips: [...new Set(["127.0.0.1", "::1", serviceIp, ...hosts.filter((host) => isIP(host) > 0)])],
  };
}

/** Reads what is there, makes what is missing. */
export async function ensurePki(options: PkiOptions): Promise<Pki> {
  const { folder, world = realWorld } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const names = serverNames(options);
  const server: LeafOptions = { commonName: "kube-apiserver", use: "server", names };
  const client: LeafOptions = {
    commonName: "kubernetes-admin",
    organizations: ["system:masters"],
    use: "client",
  };
  const kept = await readCredentials(folder, "ca");
  const isKept = kept !== undefined && isFresh(kept.cert, kept.cert, world);
  const issuer = new Issuer(folder, isKept ? kept : undefined, world);
  const ca = isKept ? kept : await issuer.newAuthority();
  const apiserver = await issuer.leaf("apiserver", ca.cert, server);
  const admin = await issuer.leaf("admin", ca.cert, client);
  const serviceAccount = await signingKey(folder);
  return { ca: ca.cert, caKey: ca.key, apiserver, admin, serviceAccount };
}

/** What clients need, from a folder that {@link ensurePki} filled; rejects when it did not. */
export async function readPki(folder: string): Promise<Pick<Pki, "ca" | "admin">> {
  const [ca, admin] = await Promise.all([
    readCredentials(folder, "ca"),
    readCredentials(folder, "admin"),
  ]);
  if (!ca || !admin) throw new Error(`${folder} holds no certificates of a cluster`);
  return { ca: ca.cert, admin };
}

/** Loads the certificate library only when something is to be signed: it takes a while. */
class Issuer {
  readonly #folder: string;
  readonly #kept: Credentials | undefined;
  readonly #world: World;
  #authority: Authority | undefined;

  constructor(folder: string, kept: Credentials | undefined, world: World) {
    this.#folder = folder;
    this.#kept = kept;
    this.#world = world;
  }

  async newAuthority(): Promise<Credentials> {
    const { createAuthority } = await import("./certificates.ts");
    this.#authority = await createAuthority("kubernetes", this.#world);
    const { cert, key } = this.#authority;
    await writeCredentials(this.#folder, "ca", { cert, key });
    return { cert, key };
  }

  async leaf(name: string, ca: string, options: LeafOptions): Promise<Credentials> {
    const kept = await readCredentials(this.#folder, name);
    if (kept && isFresh(kept.cert, ca, this.#world) && covers(kept.cert, options.names)) {
      return kept;
    }
    const { issue, readAuthority } = await import("./certificates.ts");
    if (!this.#authority && this.#kept) this.#authority = await readAuthority(this.#kept);
    if (!this.#authority) throw new Error("certificates need an authority to sign them");
    const made = await issue(this.#authority, options, this.#world);
    await writeCredentials(this.#folder, name, made);
    return made;
  }
}

/** Signed by that authority and valid for a while longer. */
function isFresh(cert: string, ca: string, world: World): boolean {
  const certificate = new X509Certificate(cert);
  const left = Date.parse(certificate.validTo) - world.now();
  return left > renewBeforeMs && certificate.verify(new X509Certificate(ca).publicKey);
}

function covers(cert: string, names: Names | undefined): boolean {
  const certificate = new X509Certificate(cert);
  const { dns = [], ips = [] } = names ?? {};
  return (
    dns.every((name) => certificate.checkHost(name) !== undefined) &&
    ips.every((ip) => certificate.checkIP(ip) !== undefined)
  );
}

async function signingKey(folder: string): Promise<Pki["serviceAccount"]> {
  const [publicKey, key] = await Promise.all([
    readText(join(folder, "sa.pub")),
    readText(join(folder, "sa.key")),
  ]);
  if (publicKey && key) return { publicKey, key };
  const { createSigningKey } = await import("./certificates.ts");
  const made = await createSigningKey();
  await writeWhole(join(folder, "sa.key"), made.key);
  await writeWhole(join(folder, "sa.pub"), made.publicKey);
  return made;
}

const readText = (file: string) => readFile(file, "utf8").catch(() => undefined);

async function readCredentials(folder: string, name: string): Promise<Credentials | undefined> {
  const [cert, key] = await Promise.all([
    readText(join(folder, `${name}.crt`)),
    readText(join(folder, `${name}.key`)),
  ]);
  return cert && key ? { cert, key } : undefined;
}

async function writeCredentials(folder: string, name: string, made: Credentials): Promise<void> {
  await writeWhole(join(folder, `${name}.key`), made.key);
  await writeWhole(join(folder, `${name}.crt`), made.cert);
}

/** Never leaves half a file behind. */
async function writeWhole(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text, { mode: 0o600 });
  await rename(`${file}.new`, file);
}
