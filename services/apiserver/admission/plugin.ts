/** What an admission plugin is: a look at a write after decoding and before it is stored. */
import type { KubeObject } from "#libs/api/resource.ts";
import type { Caller, Place } from "../registry/request.ts";

export interface AdmissionRequest {
  readonly operation: "create" | "update" | "delete";
  /** How an update was asked for. */
  readonly verb?: "update" | "patch";
  readonly caller: Caller;
  readonly place: Place;
  /** The object to be written, to be changed in place; absent for a delete. */
  readonly draft: KubeObject | undefined;
  /** What is stored now; absent for a create. */
  readonly old: KubeObject | undefined;
  readonly dryRun: boolean;
}

/** What plugins may read: the caches, and the store where a cache may be behind. */
export interface AdmissionReader {
  /** As the cache has it; undefined when it does not. Shared: never write to it. */
  cached(resource: string, namespace: string, name: string): KubeObject | undefined;
  /** Everything cached of a resource in a namespace ("" is all). */
  list(resource: string, namespace: string): Iterable<KubeObject>;
  /** As the store has it now. */
  live(resource: string, namespace: string, name: string): Promise<KubeObject | undefined>;
  readonly now: number;
  /** At least 0, below 1. */
  random(): number;
  sleep(milliseconds: number): Promise<void>;
}

/** Both steps refuse by throwing a StatusError. */
export interface AdmissionPlugin {
  readonly name: string;
  /** Changes the draft; runs before defaults of the server and validation. */
  readonly mutate?: (request: AdmissionRequest, reader: AdmissionReader) => void | Promise<void>;
  /** Looks at the draft as it will be stored; may return warnings for the one who writes. */
  readonly validate?: (
    request: AdmissionRequest,
    reader: AdmissionReader,
  ) => Warnings | Promise<Warnings>;
}

type Warnings = readonly string[] | void;

/** `pods`, `deployments.apps`: how plugins tell resources apart. */
export const resourceText = ({ definition: { group, plural } }: Place): string =>
  group === "" ? plural : `${plural}.${group}`;
