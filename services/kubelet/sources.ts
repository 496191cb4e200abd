/** What pods refer to, read from the API as the node: config maps, secrets, services, tokens. */
import { configmaps } from "#libs/api/core/v1/configmaps.ts";
import { secrets } from "#libs/api/core/v1/secrets.ts";
import { serviceaccounts } from "#libs/api/core/v1/serviceaccounts.ts";
import { services } from "#libs/api/core/v1/services.ts";
import { hasReason } from "#libs/api/errors.ts";
import type { Client } from "#libs/client/client.ts";
import type { TokenRequest } from "#proto/gen/k8s/authentication/v1.ts";
import type { ConfigMap, Secret, Service } from "#proto/gen/k8s/core/v1.ts";

/** Quantities by resource, as in node.status.allocatable. */
export type NodeAmounts = Readonly<Record<string, string>>;

export interface Token {
  readonly token: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** Every method resolves with undefined for what is not there, and rejects as {@link Client}. */
export interface Sources {
  readonly node: NodeAmounts;
  readonly hostIp: string;
  configMap(namespace: string, name: string): Promise<ConfigMap | undefined>;
  secret(namespace: string, name: string): Promise<Secret | undefined>;
  services(namespace: string): Promise<readonly Service[]>;
  token(namespace: string, account: string, spec: TokenRequest["spec"]): Promise<Token | undefined>;
}

export interface SourcesOptions {
  readonly client: Client;
  readonly node: NodeAmounts;
  readonly hostIp: string;
}

/** Reads config maps, secrets and tokens through the API server, as the node may. */
export function apiSources({ client, node, hostIp }: SourcesOptions): Sources {
  return {
    node,
    hostIp,
    configMap: (namespace, name) => ifFound(client.get(configmaps, { namespace, name })),
    secret: (namespace, name) => ifFound(client.get(secrets, { namespace, name })),
    async services(namespace) {
      return (await client.list(services, { namespace })).items;
    },
    async token(namespace, name, spec) {
      const request: TokenRequest = { spec: spec ?? {} };
      const message = "k8s.authentication.v1.TokenRequest";
      const asked = client.createSubresource(
        serviceaccounts,
        { namespace, name },
        "token",
        message,
        request,
        message,
      );
      const answer = await ifFound(asked);
      if (!answer) return undefined;
      const { token = "", expirationTimestamp = "" } = (answer.object as TokenRequest).status ?? {};
      return { token, expiresAt: Date.parse(expirationTimestamp) };
    },
  };
}

async function ifFound<T>(wanted: Promise<T>): Promise<T | undefined> {
  try {
    return await wanted;
  } catch (error) {
    if (hasReason(error, "NotFound")) return undefined;
    throw error;
  }
}
