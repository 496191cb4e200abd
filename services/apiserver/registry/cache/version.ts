/** Versions of objects as the cache keeps them: stored bytes, and each other form made once. */
import { goJson } from "#libs/api/gotext.ts";
import { type KubeObject, type ResourceDefinition, apiVersionOf } from "#libs/api/resource.ts";
import { codecOf, exactCodecOf } from "#libs/schema/index.ts";
import type { Codec } from "#libs/schema/schema.ts";
import type { ObjectMeta } from "#proto/gen/k8s/meta/v1.ts";
import type { Record as StoredRecord } from "#proto/gen/kubus/store/v1.ts";
import type { Version } from "../request.ts";
import { withResourceVersion } from "./resourceversion.ts";
import { warmed, type Coolable } from "./warm.ts";

/** Where an object stands inside its resource. */
export interface ObjectName {
  readonly namespace: string;
  readonly name: string;
}

/** The codec of a resource that keeps integers beyond 2^53. */
export const codecOfDefinition = (definition: ResourceDefinition): Codec<KubeObject> =>
  exactCodecOf<KubeObject>(definition.message);

/** A version in the form in which it is stored. */
export class StoredVersion implements Version, Coolable {
  readonly definition: ResourceDefinition;
  readonly namespace: string;
  readonly name: string;
  /** Protobuf without resourceVersion. */
  readonly value: Uint8Array;
  readonly revision: number;
  #object: KubeObject | undefined;
  #json: Uint8Array | undefined;
  #protobuf: Uint8Array | undefined;
  #views: Map<ResourceDefinition, Version> | undefined;
  #isWarm = false;

  constructor(
    definition: ResourceDefinition,
    { namespace, name }: ObjectName,
    value: Uint8Array,
    revision: number,
  ) {
    this.definition = definition;
    this.namespace = namespace;
    this.name = name;
    this.value = value;
    this.revision = revision;
  }

  get object(): KubeObject {
    if (this.#object === undefined) {
      this.#warm();
      const fields = codecOfDefinition(this.definition).decode(this.value);
      this.#object = withTypeAndRevision(this.definition, fields, this.revision);
    }
    return this.#object;
  }

  get json(): Uint8Array {
    this.#json ??= Buffer.from(goJson(this.object));
    return this.#json;
  }

  get protobuf(): Uint8Array {
    if (this.#protobuf === undefined) {
      this.#warm();
      this.#protobuf = withResourceVersion(this.value, this.revision);
    }
    return this.#protobuf;
  }

  cool(): void {
    this.#object = undefined;
    this.#json = undefined;
    this.#protobuf = undefined;
    this.#views = undefined;
    this.#isWarm = false;
  }

  #warm(): void {
    if (this.#isWarm) return;
    this.#isWarm = true;
    warmed(this);
  }

  /** The same content seen at another revision: what a deletion or a lost selector match shows. */
  at(revision: number): StoredVersion {
    if (revision === this.revision) return this;
    return new StoredVersion(this.definition, this, this.value, revision);
  }

  /** This version as another resource serves it that is stored in this one. */
  as(definition: ResourceDefinition): Version {
    if (definition === this.definition) return this;
    this.#views ??= new Map();
    let view = this.#views.get(definition);
    if (view === undefined) {
      view = new ConvertedVersion(definition, this);
      this.#views.set(definition, view);
    }
    return view;
  }
}

/** A version served under another group or version than it is stored. */
class ConvertedVersion implements Version {
  readonly definition: ResourceDefinition;
  readonly revision: number;
  readonly #stored: StoredVersion;
  #object: KubeObject | undefined;
  #json: Uint8Array | undefined;
  #protobuf: Uint8Array | undefined;

  constructor(definition: ResourceDefinition, stored: StoredVersion) {
    this.definition = definition;
    this.revision = stored.revision;
    this.#stored = stored;
  }

  get object(): KubeObject {
    const { storedAs } = this.definition;
    const stored = this.#stored.object;
    this.#object ??= {
      ...(storedAs === undefined ? stored : storedAs.fromStored(stored)),
      kind: this.definition.kind,
      apiVersion: apiVersionOf(this.definition),
    };
    return this.#object;
  }

  get json(): Uint8Array {
    this.#json ??= Buffer.from(goJson(this.object));
    return this.#json;
  }

  get protobuf(): Uint8Array {
    this.#protobuf ??= codecOfDefinition(this.definition).encode(this.object);
    return this.#protobuf;
  }
}

/** A version that is not stored: the answer of a dry run, or a part of a whole like a Scale. */
export class UnstoredVersion implements Version {
  readonly definition: ResourceDefinition;
  readonly object: KubeObject;
  readonly revision: number;
  readonly #codec: Codec<KubeObject>;
  #json: Uint8Array | undefined;
  #protobuf: Uint8Array | undefined;

  constructor(
    definition: ResourceDefinition,
    object: KubeObject,
    revision: number,
    message: string = definition.message,
  ) {
    this.definition = definition;
    this.object = object;
    this.revision = revision;
    this.#codec = codecOf<KubeObject>(message);
  }

  get json(): Uint8Array {
    this.#json ??= Buffer.from(goJson(this.object));
    return this.#json;
  }

  get protobuf(): Uint8Array {
    this.#protobuf ??= this.#codec.encode(this.object);
    return this.#protobuf;
  }
}

/** What the store keeps as a version. Throws `RangeError` for a record without a key. */
export function versionOfRecord(
  definition: ResourceDefinition,
  { key, value, revision }: StoredRecord,
): StoredVersion {
  if (key === undefined) throw new RangeError("a record needs a key");
  return new StoredVersion(definition, key, value, revision);
}

/** kind and apiVersion first, as Kubernetes writes them, and the revision, unless it is 0. */
export function withTypeAndRevision(
  definition: ResourceDefinition,
  fields: KubeObject,
  revision: number,
): KubeObject {
  const { kind: _kind, apiVersion: _apiVersion, metadata, ...rest } = fields;
  definition.afterDecoding?.(fields);
  return {
    kind: definition.kind,
    apiVersion: apiVersionOf(definition),
    metadata: revision === 0 ? (metadata ?? {}) : withRevision(metadata ?? {}, revision),
    ...rest,
  };
}

/** In the place where Kubernetes writes it: behind the uid. */
function withRevision(metadata: ObjectMeta, revision: number): ObjectMeta {
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(metadata)) {
    result[key] = value;
    if (key === "uid") result["resourceVersion"] = "";
  }
  result["resourceVersion"] = String(revision);
  return result;
}
