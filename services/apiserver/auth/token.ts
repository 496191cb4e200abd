/** Users from bearer tokens: a static list, and signed service account tokens. */
import { createHash, createPublicKey, verify, X509Certificate, type KeyObject } from "node:crypto";
import { serviceAccountGroups, usernameOf } from "./service-account.ts";
import { authenticated, type User } from "./user.ts";

/** What a service account token says, after its signature and times were checked. */
export interface TokenClaims {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly audiences: readonly string[];
  readonly id: string;
  /** Seconds since 1970. */
  readonly expires: number;
  /** Objects that must still be there. */
  readonly bound: readonly BoundObject[];
}

export interface BoundObject {
  readonly plural: "pods" | "secrets" | "nodes" | "serviceaccounts";
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export type TokenVerdict =
  | { readonly type: "valid"; readonly user: User; readonly audiences: readonly string[] }
  /** Worded as TokenReview words it. */
  | { readonly type: "invalid"; readonly error: string };

/** False when the object is gone or another one has its name. */
export type ObjectExists = (object: BoundObject) => Promise<boolean>;

export interface TokenOptions {
  readonly tokens: ReadonlyMap<string, User>;
  readonly publicKeys: readonly string[];
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly exists: ObjectExists;
  readonly now: () => number;
}

export type TokenAuthenticator = (
  token: string,
  audiences?: readonly string[],
) => Promise<TokenVerdict>;

/** How long a verdict holds: signatures and look-ups are not repeated for each request. */
const rememberMs = 10_000;
const rememberedMax = 4_096;

interface Remembered {
  readonly until: number;
  readonly claims: TokenClaims;
}

/**
 * Knows static tokens and service account tokens. A verdict on claims is remembered for
 * `rememberMs`, of at most `rememberedMax` tokens.
 */
export function tokenAuthenticator(options: TokenOptions): TokenAuthenticator {
  const keys = options.publicKeys.map(publicKey);
  const remembered = new Map<string, Remembered>();
  const known = new Map<string, User>();
  for (const [token, user] of options.tokens) known.set(hashOf(token), user);

  const claimsOf = async (token: string): Promise<TokenClaims | string> => {
    const hash = hashOf(token);
    const found = remembered.get(hash);
    if (found !== undefined && found.until > options.now()) return found.claims;
    const claims = readToken(token, keys, options);
    if (typeof claims === "string") return claims;
    for (const object of claims.bound) {
      if (!(await options.exists(object))) return "service account token has been invalidated";
    }
    if (remembered.size >= rememberedMax) remembered.clear();
    const until = Math.min(options.now() + rememberMs, claims.expires * 1000);
    remembered.set(hash, { until, claims });
    return claims;
  };

  return async (token, audiences = options.audiences) => {
    const user = known.get(hashOf(token));
    if (user !== undefined) return { type: "valid", user: authenticated(user), audiences };
    const claims = await claimsOf(token);
    if (typeof claims === "string") return invalid(claims);
    const shared = claims.audiences.filter((audience) => audiences.includes(audience));
    if (shared.length > 0) return { type: "valid", user: accountUser(claims), audiences: shared };
    return invalid(
      `token audiences ${JSON.stringify(claims.audiences)} is invalid for the target audiences ` +
        JSON.stringify(audiences),
    );
  };
}

const invalid = (detail: string): TokenVerdict => ({
  type: "invalid",
  error: detail === "" ? "invalid bearer token" : `[invalid bearer token, ${detail}]`,
});

/** Tokens are compared and kept by their hash: no timing and no copy gives one away. */
const hashOf = (token: string): string => createHash("sha256").update(token).digest("base64");

function publicKey(pem: string): KeyObject {
  return pem.includes("BEGIN CERTIFICATE")
    ? new X509Certificate(pem).publicKey
    : createPublicKey(pem);
}

/** The claims, or what is wrong with the token ("" when it is none of ours). */
function readToken(
  token: string,
  keys: readonly KeyObject[],
  { issuer, now }: TokenOptions,
): TokenClaims | string {
  const [head, body, signature, ...rest] = token.split(".");
  if (head === undefined || body === undefined || signature === undefined) return "";
  if (rest.length > 0) return "";
  const header = decodePart(head);
  const claims = decodePart(body);
  if (header === undefined || claims === undefined || claims["iss"] !== issuer) return "";
  const signed = Buffer.from(`${head}.${body}`);
  const bytes = Buffer.from(signature, "base64url");
  const algorithm = header["alg"];
  if (!keys.some((key) => verifies(algorithm, key, signed, bytes))) return "";
  return checkedClaims(claims, now() / 1000);
}

function verifies(algorithm: unknown, key: KeyObject, signed: Buffer, bytes: Buffer): boolean {
  if (algorithm === "RS256" && key.asymmetricKeyType === "rsa") {
    return verify("sha256", signed, key, bytes);
  }
  if (algorithm === "ES256" && key.asymmetricKeyType === "ec") {
    return verify("sha256", signed, { key, dsaEncoding: "ieee-p1363" }, bytes);
  }
  return false;
}

function decodePart(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return typeof value === "object" && value !== null
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

interface PrivateClaims {
  readonly namespace?: string;
  readonly serviceaccount?: NamedClaim;
  readonly pod?: NamedClaim;
  readonly secret?: NamedClaim;
  readonly node?: NamedClaim;
}

interface NamedClaim {
  readonly name?: string;
  readonly uid?: string;
}

function checkedClaims(claims: Record<string, unknown>, now: number): TokenClaims | string {
  const expires = Number(claims["exp"] ?? 0);
  if (now >= expires) return "service account token has expired";
  if (now < Number(claims["nbf"] ?? 0)) return "service account token is not valid yet";
  const own = (claims["kubernetes.io"] ?? {}) as PrivateClaims;
  const namespace = own.namespace ?? "";
  const name = own.serviceaccount?.name ?? "";
  const uid = own.serviceaccount?.uid ?? "";
  if (claims["sub"] !== usernameOf({ namespace, name })) return "";
  const audience = claims["aud"];
  const bound: BoundObject[] = [{ plural: "serviceaccounts", namespace, name, uid }];
  for (const [plural, claim] of [
    ["pods", own.pod],
    ["secrets", own.secret],
    ["nodes", own.pod === undefined ? own.node : undefined],
  ] as const) {
    if (claim?.name === undefined) continue;
    const home = plural === "nodes" ? "" : namespace;
    bound.push({ plural, namespace: home, name: claim.name, uid: claim.uid ?? "" });
  }
  const audiences = Array.isArray(audience) ? audience.map(String) : [String(audience)];
  return { namespace, name, uid, audiences, id: String(claims["jti"] ?? ""), expires, bound };
}

function accountUser({ namespace, name, uid, id, bound }: TokenClaims): User {
  const extra: Record<string, string[]> = {};
  if (id !== "") extra["authentication.kubernetes.io/credential-id"] = [`JTI=${id}`];
  const pod = bound.find(({ plural }) => plural === "pods");
  if (pod !== undefined) {
    extra["authentication.kubernetes.io/pod-name"] = [pod.name];
    extra["authentication.kubernetes.io/pod-uid"] = [pod.uid];
  }
  const user = { name: usernameOf({ namespace, name }), uid, extra };
  return authenticated({ ...user, groups: serviceAccountGroups(namespace) });
}
