/** What a resource type is: one declarative value a file, read by generic code everywhere. */
import type { FieldError } from "./errors.ts";
import type { ObjectMeta } from "#proto/gen/k8s/meta/v1.ts";

/** Any object of the API, in its JSON form. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata?: ObjectMeta;
}

export type Verb =
  | "create"
  | "delete"
  | "deletecollection"
  | "get"
  | "list"
  | "patch"
  | "update"
  | "watch";

/** What validation and preparation may know besides the object: plain data, no I/O. */
export interface RequestFacts {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly verb: Verb;
  readonly subresource: string;
  readonly user: string;
  /** What else is known of the user; absent where nobody asks. */
  readonly uid?: string | undefined;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>> | undefined;
  /** Makes a name suffix or uid: randomness is handed in, never drawn. */
  readonly uuid: () => string;
  /** Labels of the object's namespace, as far as they are known here; absent where nobody asks. */
  readonly namespaceLabels?: () => Readonly<Record<string, string>>;
}

/** A column of `kubectl get`. Priority 1 is shown by `-o wide` only. */
export interface PrintColumn<T> {
  readonly name: string;
  readonly type: "string" | "integer" | "number" | "date" | "boolean";
  readonly format?: string;
  readonly priority?: 0 | 1;
  readonly description?: string;
  /** A cell without a column: Kubernetes writes one where it forgot the other. */
  readonly unlisted?: true;
  cell(object: T, now: number): string | number | boolean | null;
}

/** How one subresource differs from its parent. */
export type Subresource<T> =
  | {
      /** get, update, patch of the same object, limited to a part of it (status, resize, …). */
      readonly type: "part";
      readonly name: string;
      /** Returns what is stored: `old` with the part taken from `object`. */
      merge(object: T, old: T, facts: RequestFacts): T;
      validateUpdate?(object: T, old: T, facts: RequestFacts): FieldError[];
      /** Field paths that a write through this subresource can never own (managed fields). */
      readonly resetFields?: readonly string[];
    }
  | {
      readonly type: "scale";
      readonly name: "scale";
      /** Dotted paths as in a CRD's scale subresource. */
      readonly specReplicasPath: string;
      readonly statusReplicasPath: string;
      /** The label selector of the pods, as text. */
      selector(object: T): string;
    }
  | {
      /** create only, of another kind; the API server has a handler of that name. */
      readonly type: "action";
      readonly name: "binding" | "eviction" | "token";
      readonly group: string;
      readonly version: string;
      readonly kind: string;
      /** Versions with the same fields that bodies may still say. */
      readonly olderVersions?: readonly string[];
    }
  | {
      /** A stream; the API server has a handler of that name. */
      readonly type: "connect";
      readonly name: "log" | "exec" | "attach" | "portforward" | "proxy";
      readonly kind: string;
    };

/** The moment of a graceful deletion, decided by the resource (pods wait for their kubelet). */
export interface GracefulDeletion {
  /** Seconds to wait; 0 removes the object now. */
  readonly gracePeriodSeconds: number;
}

/**
 * Functions are methods, so that lists of all resources can be typed: TypeScript compares methods'
 * parameters both ways. Generic code hands a resource only objects of its own.
 */
export interface ResourceDefinition<T extends KubeObject = KubeObject> {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly scope: "Namespaced" | "Cluster";
  readonly verbs: readonly Verb[];
  /** Proto message, e.g. `k8s.apps.v1.Deployment`. */
  readonly message: string;
  readonly storageVersionHash: string;
  /**
   * Another resource in which the objects are stored, where one thing is served under two groups
   * (events.k8s.io in core events). `fromStored`/`toStored` convert.
   */
  readonly storedAs?: {
    readonly group: string;
    readonly version: string;
    readonly plural: string;
    fromStored(stored: KubeObject): T;
    toStored(object: T): KubeObject;
  };
  /** metadata.generation counts changes of the spec. */
  readonly countsGeneration: boolean;
  /** PUT to an absent name creates it (leases, events, endpoints, …). */
  readonly createOnUpdate: boolean;
  /** PUT without a resourceVersion is allowed. */
  readonly unconditionalUpdate: boolean;
  /** Values stay out of the broadcast. */
  readonly confidential: boolean;
  /** Seconds after which an untouched object expires; 0 never. */
  readonly ttlSeconds: number;
  /** Says, in place, what protobuf has no place for: what embedded objects are. */
  afterDecoding?(object: T): void;
  /** Fills defaults into a fresh draft, in place. */
  defaults?(draft: T): void;
  /** Clears or sets what the server owns on create (status, …), in place. */
  prepareForCreate?(draft: T, facts: RequestFacts): void;
  /** Carries over what a plain update may not touch (status, …), in place. */
  prepareForUpdate?(draft: T, old: T, facts: RequestFacts): void;
  /** Errors besides those of metadata, which generic code checks. */
  validate(object: T, facts: RequestFacts): FieldError[];
  validateUpdate?(object: T, old: T, facts: RequestFacts): FieldError[];
  /** Kubernetes checks the metadata of its updates like that of a new object, too. */
  readonly checkedAsNew?: boolean;
  /** Normalizes a valid object, in place, before it is stored. */
  canonicalize?(object: T): void;
  /** How metadata.name must look. */
  readonly nameRule: NameRule;
  /** Text of a warning that comes with every answer about the resource. */
  readonly deprecated?: string;
  warnings?(object: T, old: T | undefined): string[];
  readonly subresources: readonly Subresource<T>[];
  readonly printColumns: readonly PrintColumn<T>[];
  /** Field selectors besides metadata.name and metadata.namespace. */
  readonly fieldSelectors: Readonly<Record<string, FieldReader<T>["read"]>>;
  /** Names accepted for a field selector that mean another (spec.host → spec.nodeName). */
  readonly fieldAliases?: Readonly<Record<string, string>>;
  /** Routes watch events: a pod's node. Undefined or "" is `_`. */
  partition?(object: T): string;
  gracefulDeletion?(object: T, asked: number | undefined, facts: RequestFacts): GracefulDeletion;
  /** What happens to dependents when a delete names no policy. */
  readonly defaultPropagation: "background" | "orphan";
  /** Warning of such a delete. */
  readonly propagationWarning?: string;
  /** Field paths that writers of the main resource never own (status), for managed fields. */
  readonly resetFields?: readonly string[];
}

/** Reads one selectable field as text. */
interface FieldReader<T> {
  read(object: T): string;
}

export type NameRule = "dnsSubdomain" | "dnsLabel" | "dns1035Label" | "pathSegment" | "ipAddress";

/** Declares a resource; the type parameter keeps its functions honest. */
export function defineResource<T extends KubeObject>(
  definition: ResourceDefinition<T>,
): ResourceDefinition<T> {
  return definition;
}

/** What stands in `apiVersion`: `v1`, `apps/v1`. */
export const apiVersionOf = ({
  group,
  version,
}: Pick<ResourceDefinition, "group" | "version">): string =>
  group === "" ? version : `${group}/${version}`;
