/**
 * What passes between the doors (HTTPS, bus) and the registry: the one pipeline for every resource.
 * A door authenticates, routes, negotiates and decodes; the registry authorizes nothing and knows
 * no transport: it defaults, admits, validates, commits and reads.
 */
import type { PatchType } from "#libs/api/patch/content.ts";
import type { KubeObject, ResourceDefinition } from "#libs/api/resource.ts";
import type { Status } from "#proto/gen/k8s/meta/v1.ts";

/** Who asks, after authentication (and impersonation). */
export interface Caller {
  readonly user: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
  /** Default manager for managed fields: the user agent up to its first "/". */
  readonly manager: string;
}

/** One version of one object, in every form that somebody asks for; each is made once. */
export interface Version<T extends KubeObject = KubeObject> {
  readonly definition: ResourceDefinition<T>;
  /** Parsed, with apiVersion, kind and metadata.resourceVersion. Shared: never write to it. */
  readonly object: T;
  /** The revision that made this version. */
  readonly revision: number;
  /** JSON text in the field order of Kubernetes (sorted keys are fine), without a newline. */
  readonly json: Uint8Array;
  /** Protobuf of the message, without the Unknown envelope. */
  readonly protobuf: Uint8Array;
}

export interface Place {
  readonly definition: ResourceDefinition;
  /** "" for the resource itself. */
  readonly subresource: string;
  /** "" for all namespaces or cluster scope. */
  readonly namespace: string;
  readonly name: string;
}

export interface ReadOptions {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: string;
}

export interface ListOptions extends ReadOptions {
  /** 0: no limit. */
  readonly limit: number;
  readonly continue?: string;
}

export interface WatchOptions extends ReadOptions {
  readonly allowWatchBookmarks: boolean;
  readonly sendInitialEvents?: boolean;
  readonly timeoutSeconds?: number;
}

export type FieldValidation = "Ignore" | "Warn" | "Strict";

export interface WriteOptions {
  readonly dryRun: boolean;
  readonly fieldManager?: string;
  readonly fieldValidation: FieldValidation;
  /** Apply only. */
  readonly force?: boolean;
}

export interface DeleteOptions {
  readonly dryRun: boolean;
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: "Orphan" | "Background" | "Foreground";
  /** The old spelling of the policy. */
  readonly orphanDependents?: boolean;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

/** A body as the door read it: a JSON value and what was odd about its text. */
export interface Body {
  /** JSON form; not yet checked against the schema. */
  readonly value: unknown;
  /**
   * What stands twice in the text, worded as strict decoding words it: `duplicate field "a.b"` for
   * JSON, go-yaml's one error of several lines for YAML.
   */
  readonly duplicates: readonly string[];
  /** Set when the body came as protobuf: already canonical. */
  readonly canonical: boolean;
  /** The JSON text, where there is one: it tells in which order odd fields stand. */
  readonly text?: string;
}

export type { PatchType };

export interface Written {
  /** 201 when the object is new. */
  readonly code: 200 | 201;
  readonly version: Version;
  /** Texts for Warning headers. */
  readonly warnings: readonly string[];
}

export interface Listed {
  readonly versions: readonly Version[];
  readonly resourceVersion: string;
  readonly continue: string;
  readonly remainingItemCount: number | undefined;
  /** Of what was done to the objects before they were listed. */
  readonly warnings?: readonly string[];
}

/** `revision` is the store's of the write, so that a cache can tell that it has seen it. */
export type Deleted = { readonly warnings: readonly string[]; readonly revision: number } & (
  | { readonly type: "object"; readonly version: Version }
  /** Success Status with details, for kinds that answer so. */
  | { readonly type: "status"; readonly status: Status }
);

export type WatchEvent =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly version: Version }
  | {
      readonly type: "BOOKMARK";
      readonly resourceVersion: string;
      /** Ends the initial events of a streaming list. */
      readonly initialEventsEnd: boolean;
    }
  /** The last event of a stream. */
  | { readonly type: "ERROR"; readonly status: Status };

export interface Watch {
  /** Ends the stream; no event is delivered afterwards. */
  stop(): void;
}

/** The pipeline. Methods reject with `StatusError` (libs/api/errors.ts) for what went wrong. */
export interface Registry {
  get(caller: Caller, place: Place, options: ReadOptions): Promise<Version>;
  list(caller: Caller, place: Place, options: ListOptions): Promise<Listed>;
  /**
   * Resolves when the watch is established (or rejects with what a client gets instead of a
   * stream). Events come in revision order, several at a time when they are ready together.
   */
  watch(
    caller: Caller,
    place: Place,
    options: WatchOptions,
    deliver: (events: readonly WatchEvent[]) => void,
  ): Promise<Watch>;
  create(caller: Caller, place: Place, body: Body, options: WriteOptions): Promise<Written>;
  update(caller: Caller, place: Place, body: Body, options: WriteOptions): Promise<Written>;
  /** `body` is the patch. */
  patch(
    caller: Caller,
    place: Place,
    type: PatchType,
    body: Body,
    options: WriteOptions,
  ): Promise<Written>;
  delete(caller: Caller, place: Place, options: DeleteOptions): Promise<Deleted>;
  /** Deletes what the selectors match; answers the list of what it deleted. */
  deleteCollection(
    caller: Caller,
    place: Place,
    list: ListOptions,
    options: DeleteOptions,
  ): Promise<Listed>;
}
