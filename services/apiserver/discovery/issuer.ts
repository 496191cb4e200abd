/** How others can check the tokens of service accounts: OpenID Connect discovery. */
import { createPublicKey, type KeyObject } from "node:crypto";
import type { TokenIssuer } from "../http/options.ts";
import { keyId } from "../registry/token.ts";

export interface IssuerDocuments {
  /** /.well-known/openid-configuration */
  configuration(): object;
  /** /openid/v1/jwks */
  keys(): object;
}

/** `address`: host and port that clients reach the server at. Throws for what is no public key. */
export function issuerDocuments(
  { issuer, publicKeys }: TokenIssuer,
  address: () => string,
): IssuerDocuments {
  const keys = publicKeys.map((pem) => createPublicKey(pem));
  return {
    configuration: () => ({
      issuer,
      jwks_uri: `https://${address()}/openid/v1/jwks`,
      response_types_supported: ["id_token"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: [...new Set(keys.map(algorithmOf))],
    }),
    keys: () => ({ keys: keys.map(publicJwk) }),
  };
}

const algorithmOf = ({ asymmetricKeyType }: KeyObject): string =>
  asymmetricKeyType === "ec" ? "ES256" : "RS256";

function publicJwk(key: KeyObject): object {
  const { kty, ...numbers } = key.export({ format: "jwk" });
  return { use: "sig", kty, kid: keyId(key), alg: algorithmOf(key), ...numbers };
}
