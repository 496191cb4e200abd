/** Who sent this request: client certificate, then bearer token, else anonymous. */
import { unauthorized } from "#libs/api/errors.ts";
import type { CertificateAuthenticator } from "./certificate.ts";
import type { TokenAuthenticator } from "./token.ts";
import { anonymousUser, type User } from "./user.ts";

export interface Credentials {
  /** DER of the client's certificate. */
  readonly certificate: Uint8Array | undefined;
  readonly authorization: string | undefined;
}

export interface Authenticators {
  readonly certificate: CertificateAuthenticator;
  readonly token: TokenAuthenticator;
  readonly now: () => number;
}

/** Throws 401 when credentials were shown and none of them is good. */
export async function authenticate(
  { certificate, authorization }: Credentials,
  authenticators: Authenticators,
): Promise<User> {
  if (certificate !== undefined) {
    const user = authenticators.certificate(certificate, authenticators.now());
    if (user !== undefined) return user;
  }
  const token = bearerToken(authorization);
  if (token !== "") {
    const verdict = await authenticators.token(token);
    if (verdict.type === "valid") return verdict.user;
  }
  if (certificate !== undefined || token !== "") throw unauthorized();
  return anonymousUser;
}

export function bearerToken(authorization: string | undefined): string {
  const [scheme = "", token = ""] = (authorization ?? "").trim().split(/ +/, 2);
  return scheme.toLowerCase() === "bearer" ? token : "";
}
