/** What the HTTPS door is given to work with. */
import type { Logger } from "pino";
import type { ResourceDefinition } from "#libs/api/resource.ts";
import type { World } from "#libs/actor/world.ts";
import type { Authorizer } from "../auth/authorize.ts";
import type { GrantsSource } from "../auth/rbac/source.ts";
import type { User } from "../auth/user.ts";
import type { FlowControlSource } from "../fairness/source.ts";
import type { StoredSize } from "../fairness/width.ts";
import type { FamilySource } from "../health/metrics.ts";
import type { Registry } from "../registry/request.ts";
import type { NodeStreams } from "../streams/node.ts";

/** PEM texts. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  /** Signs the client certificates that are believed. */
  readonly clientCa: string;
}

/** How service account tokens are recognized. */
export interface TokenIssuer {
  /** PEM public keys (or certificates), ES256 or RS256. */
  readonly publicKeys: readonly string[];
  readonly issuer: string;
  /** A token must name one of these. */
  readonly audiences: readonly string[];
}

export interface AuthOptions {
  /** Static bearer tokens. */
  readonly tokens?: ReadonlyMap<string, User>;
  readonly serviceAccounts?: TokenIssuer;
  /** Asked after system:masters and before the roles; the first answer wins. */
  readonly authorizers?: readonly Authorizer[];
  /** Whether they may allow a user more than can be listed. Default: if there are any. */
  readonly hasMoreRights?: (user: User) => boolean;
  /** What roles and bindings grant. Default: those that every cluster starts with. */
  readonly grants?: GrantsSource;
}

/** One line of /readyz. */
export interface HealthCheck {
  readonly name: string;
  /** Rejects or throws when unhealthy. */
  readonly check: () => void | Promise<void>;
  /** Which doors ask it: a lost bus is not ready, but still alive. */
  readonly probes: readonly ("livez" | "readyz")[];
}

export interface HttpLimits {
  /** Bytes of a request body; above it 413. Kubernetes: 3 MiB. */
  readonly bodyBytesMax: number;
  /** Bytes that wait for a slow watcher before it is cut off. */
  readonly watchBufferBytesMax: number;
  /** Requests that work or wait at a time, streams aside; more are told to come again. */
  readonly requestsMax: number;
  /** Seats that priority and fairness shares out: what Kubernetes has for reads and for writes. */
  readonly seatsMax: number;
  /** Milliseconds that a request waits for its seats. */
  readonly seatWaitMsMax: number;
  /** Milliseconds that a request may take, streams aside; then it is answered 504. */
  readonly requestMsMax: number;
  /** Milliseconds that open requests get to finish on close. */
  readonly closeMsMax: number;
}

export const defaultLimits: HttpLimits = {
  bodyBytesMax: 3 * 1024 * 1024,
  watchBufferBytesMax: 16 * 1024 * 1024,
  requestsMax: 20_000,
  seatsMax: 400 + 200,
  seatWaitMsMax: 15_000,
  requestMsMax: 60_000,
  closeMsMax: 2_000,
};

export interface HttpOptions {
  readonly registry: Registry;
  readonly resources: readonly ResourceDefinition[];
  readonly tls: TlsFiles;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Host and port that clients use, for `/api`'s serverAddressByClientCIDRs; default host:port. */
  readonly externalAddress?: string;
  readonly auth?: AuthOptions;
  readonly nodes: NodeStreams;
  readonly checks?: readonly HealthCheck[];
  readonly limits?: Partial<HttpLimits>;
  /** Flow schemas and priority levels; without them the mandatory ones hold. */
  readonly flowControl?: FlowControlSource;
  /** How much is stored of a resource; undefined for what is not. */
  readonly storedSize?: (group: string, resource: string) => StoredSize | undefined;
  /** What else /metrics shows. */
  readonly families?: readonly FamilySource[];
  readonly log: Logger;
  readonly world: World;
  /** Ends every stream and refuses new requests. */
  readonly signal: AbortSignal;
}

export interface HttpServer {
  readonly port: number;
  close(): Promise<void>;
}
