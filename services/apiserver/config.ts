/** What an API server is told when it starts: a plain record that fits into JSON. */
export interface ApiServerConfig {
  /** Address to listen on. */
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** PEM texts. `clientCa` signs the client certificates that are believed. */
  readonly tls: { readonly cert: string; readonly key: string; readonly clientCa: string };
  /** PEM public keys that tokens of service accounts are checked with. */
  readonly serviceAccountKeys: readonly string[];
  /** PEM private key that signs such tokens; without it the token subresource is refused. */
  readonly serviceAccountSigningKey?: string;
  /** Default https://kubernetes.default.svc. */
  readonly serviceAccountIssuer?: string;
  /** Bearer tokens that are users: what --token-auth-file is in Kubernetes. */
  readonly tokens?: readonly StaticToken[];
  /** IPv4 network of cluster IPs. */
  readonly serviceCidr: string;
  /** Default 30000 to 32767. */
  readonly nodePortMin?: number;
  readonly nodePortMax?: number;
  /** Where nodes and pods reach this server; default: `host`, or 127.0.0.1 when that is 0.0.0.0. */
  readonly advertiseAddress?: string;
  /** Default: `port`. Another one where something in front shares several servers out. */
  readonly advertisePort?: number;
}

export interface StaticToken {
  readonly token: string;
  readonly user: string;
  readonly uid: string;
  readonly groups: readonly string[];
}

export const defaultServiceCidr = "127.96.0.0/16";
export const defaultIssuer = "https://kubernetes.default.svc";
export const defaultNodePortMin = 30_000;
export const defaultNodePortMax = 32_767;

/** Addresses that mean every interface, and so none that can be dialled. */
const wildcards: ReadonlySet<string> = new Set(["", "0.0.0.0", "::"]);

export function advertisedAddress({ advertiseAddress, host }: ApiServerConfig): string {
  if (advertiseAddress !== undefined) return advertiseAddress;
  return wildcards.has(host) ? "127.0.0.1" : host;
}
