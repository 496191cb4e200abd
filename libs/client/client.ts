/** Components' way to the API server: typed requests over the bus door (proto/kubus/api/v1). */
import { StatusError } from "#libs/api/errors.ts";
import type { applyPatch, PatchType as AnyPatchType } from "#libs/api/patch/content.ts";
import { type KubeObject, type ResourceDefinition, apiVersionOf } from "#libs/api/resource.ts";
import { type Bus, BusTimeoutError, call, type RequestOptions, type Rpc } from "#libs/bus/bus.ts";
import type { Encodable } from "#libs/schema/schema.ts";
import type { ApiVerb } from "#libs/bus/subjects.ts";
import { codecOf } from "#libs/schema/codec.ts";
import type { Status } from "#proto/gen/k8s/meta/v1.ts";
import type * as api from "#proto/gen/kubus/api/v1.ts";
import { rpcs } from "./rpcs.ts";

/** Who a component says it is. */
export interface ClientIdentity {
  /** Kubernetes user name, e.g. system:kube-scheduler. */
  readonly user: string;
  readonly groups?: readonly string[];
  /** Shown in managedFields, e.g. kube-scheduler. */
  readonly manager: string;
}

export interface ObjectName {
  readonly namespace?: string;
  readonly name: string;
}

export interface Selection {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface DeleteChoices {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: "Orphan" | "Background" | "Foreground";
  readonly uid?: string;
  readonly resourceVersion?: string;
}

/** What components send; applying is for people. */
export type PatchType = Exclude<AnyPatchType, typeof applyPatch>;

/** What was written, and the store's revision of the write: for caches to wait for. */
export interface Written<T> {
  readonly object: T;
  readonly revision: number;
}

export interface Collection<T> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
}

export type Changes =
  | { readonly type: "changes"; readonly response: api.ChangesResponse }
  /** The revision is below the history window: list again. */
  | { readonly type: "expired" };

/**
 * Every method rejects with `StatusError` for the server's refusals, and with the bus's errors
 * (libs/bus/bus.ts) when no answer came: then a write may or may not have happened.
 */
export interface Client {
  get<T extends KubeObject>(resource: ResourceDefinition<T>, name: ObjectName): Promise<T>;
  /** All pages of a consistent list. */
  list<T extends KubeObject>(
    resource: ResourceDefinition<T>,
    selection?: Selection,
  ): Promise<Collection<T>>;
  create<T extends KubeObject>(resource: ResourceDefinition<T>, object: T): Promise<Written<T>>;
  /**
   * Creates a subresource's object (a Binding, a TokenRequest) of the given proto message. What
   * comes back is decoded as `answer`, if that is given: often it is a Status and tells nothing.
   */
  createSubresource<S extends KubeObject>(
    resource: ResourceDefinition,
    name: ObjectName,
    subresource: string,
    message: string,
    object: S,
    answer?: string,
  ): Promise<Written<unknown>>;
  /** Refused with Conflict when the object changed since it was read. */
  update<T extends KubeObject>(
    resource: ResourceDefinition<T>,
    object: T,
    subresource?: string,
  ): Promise<Written<T>>;
  patch<T extends KubeObject>(
    resource: ResourceDefinition<T>,
    name: ObjectName,
    type: PatchType,
    patch: unknown,
    subresource?: string,
  ): Promise<Written<T>>;
  delete(
    resource: ResourceDefinition,
    name: ObjectName,
    choices?: DeleteChoices,
  ): Promise<Written<unknown>>;
  changes(
    resource: ResourceDefinition,
    afterRevision: number,
    partition?: string,
  ): Promise<Changes>;
}

/** Objects a page of a list asks for. */
const pageLimit = 500;
/** Milliseconds for one answer. */
const answerMsMax = 15_000;
const goneCode = 410;

const status = codecOf<Status>("k8s.meta.v1.Status");

/** Protobuf bytes of a resource's object to the object, with apiVersion and kind. */
export function decodeObject<T extends KubeObject>(
  resource: ResourceDefinition<T>,
  bytes: Uint8Array,
): T {
  const { kind, message } = resource;
  return { apiVersion: apiVersionOf(resource), kind, ...codecOf<T>(message).decode(bytes) };
}

/** A client with one identity. Requests end with the bus's scope. */
export function apiClient(bus: Bus, identity: ClientIdentity): Client {
  const client = new BusClient(bus, identity);
  return {
    get: client.get.bind(client),
    list: client.list.bind(client),
    create: client.create.bind(client),
    createSubresource: client.createSubresource.bind(client),
    update: client.update.bind(client),
    patch: client.patch.bind(client),
    delete: client.delete.bind(client),
    changes: client.changes.bind(client),
  };
}

const options: RequestOptions = { timeoutMs: answerMsMax };

class BusClient implements Client {
  readonly #bus: Bus;
  readonly #caller: api.Caller;
  /** Ends the wait of each request that has no answer yet. */
  readonly #waiting = new Set<(reason: Error) => void>();

  constructor(bus: Bus, { user, groups = [], manager }: ClientIdentity) {
    this.#bus = bus;
    this.#caller = { user, groups: [...groups], manager };
    bus.subscribe(bus.subjects.doorOpened(), () => {
      const message = "the API server began anew; whether the request had an effect is unknown";
      for (const giveUp of this.#waiting) giveUp(new BusTimeoutError(message));
    });
  }

  async get<T extends KubeObject>(resource: ResourceDefinition<T>, name: ObjectName): Promise<T> {
    const answer = await this.#ask("get", rpcs.get, targetOf(resource, name), {});
    return decodeObject(resource, answer.object);
  }

  async list<T extends KubeObject>(resource: ResourceDefinition<T>, selection: Selection = {}) {
    const { namespace = "", labelSelector = "", fieldSelector = "" } = selection;
    const target = targetOf(resource, { namespace, name: "" });
    const items: T[] = [];
    let token = "";
    while (true) {
      const page = { labelSelector, fieldSelector, limit: pageLimit, continue: token };
      const answer = await this.#ask("list", rpcs.list, target, page);
      for (const bytes of answer.objects) items.push(decodeObject(resource, bytes));
      token = answer.continue;
      if (token === "") return { items, resourceVersion: answer.resourceVersion };
    }
  }

  async create<T extends KubeObject>(
    resource: ResourceDefinition<T>,
    object: T,
  ): Promise<Written<T>> {
    const request = { object: codecOf<T>(resource.message).encode(object) };
    const target = targetOf(resource, nameOf(object));
    return written(resource, await this.#ask("create", rpcs.create, target, request));
  }

  async createSubresource<S extends KubeObject>(
    resource: ResourceDefinition,
    name: ObjectName,
    subresource: string,
    message: string,
    object: S,
    answer?: string,
  ): Promise<Written<unknown>> {
    const request = { object: codecOf<S>(message).encode(object) };
    const target = targetOf(resource, name, subresource);
    const { revision, object: made } = await this.#ask("create", rpcs.create, target, request);
    return { object: answer && codecOf<unknown>(answer).decode(made), revision };
  }

  async update<T extends KubeObject>(
    resource: ResourceDefinition<T>,
    object: T,
    subresource = "",
  ): Promise<Written<T>> {
    const request = { object: codecOf<T>(resource.message).encode(object) };
    const target = targetOf(resource, nameOf(object), subresource);
    return written(resource, await this.#ask("update", rpcs.update, target, request));
  }

  async patch<T extends KubeObject>(
    resource: ResourceDefinition<T>,
    name: ObjectName,
    type: PatchType,
    patch: unknown,
    subresource = "",
  ): Promise<Written<T>> {
    const request = { type, patch: new TextEncoder().encode(JSON.stringify(patch)) };
    const target = targetOf(resource, name, subresource);
    return written(resource, await this.#ask("patch", rpcs.patch, target, request));
  }

  async delete(
    resource: ResourceDefinition,
    name: ObjectName,
    choices: DeleteChoices = {},
  ): Promise<Written<unknown>> {
    const { gracePeriodSeconds, propagationPolicy, uid, resourceVersion } = choices;
    const request = {
      ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
      ...(propagationPolicy ? { propagationPolicy } : {}),
      ...(uid ? { preconditionUid: uid } : {}),
      ...(resourceVersion ? { preconditionResourceVersion: resourceVersion } : {}),
    };
    const { revision } = await this.#ask("delete", rpcs.delete, targetOf(resource, name), request);
    return { object: undefined, revision };
  }

  async changes(
    resource: ResourceDefinition,
    afterRevision: number,
    partition = "",
  ): Promise<Changes> {
    const target = targetOf(resource, { name: "" });
    try {
      const request = { partition, afterRevision };
      return {
        type: "changes",
        response: await this.#ask("changes", rpcs.changes, target, request),
      };
    } catch (error) {
      if (error instanceof StatusError && error.code === goneCode) return { type: "expired" };
      throw error;
    }
  }

  async #ask<Request, Answer extends { readonly status: Uint8Array }>(
    verb: ApiVerb,
    rpc: Rpc<Request, Answer>,
    target: api.Target,
    request: Omit<Encodable<Request>, "target" | "caller">,
  ): Promise<Answer> {
    const subject = this.#bus.subjects.api(verb, target);
    const whole = { target, caller: this.#caller, ...request } as Encodable<Request>;
    return accepted(await this.#unlessBegunAnew(call(this.#bus, rpc, subject, whole, options)));
  }

  /** An API server that dies answers no more; the next one tells when it is there. */
  #unlessBegunAnew<Answer>(answer: Promise<Answer>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      const ended = () => this.#waiting.delete(reject);
      answer.then(resolve, reject).finally(ended);
    });
  }
}

function targetOf(
  { group, version, plural }: ResourceDefinition,
  { namespace = "", name }: ObjectName,
  subresource = "",
): api.Target {
  return { group, version, resource: plural, subresource, namespace, name };
}

const nameOf = ({ metadata }: KubeObject): ObjectName => ({
  namespace: metadata?.namespace ?? "",
  name: metadata?.name ?? "",
});

function refusal(answer: { readonly status: Uint8Array }): Status | undefined {
  return answer.status.length > 0 ? status.decode(answer.status) : undefined;
}

/** The answer itself, unless it carries a Status: then that is thrown. */
function accepted<Answer extends { readonly status: Uint8Array }>(answer: Answer): Answer {
  const refused = refusal(answer);
  if (!refused) return answer;
  const { code = 500, reason = "", message = "", details } = refused;
  throw new StatusError(code, reason, message, details);
}

function written<T extends KubeObject>(
  resource: ResourceDefinition<T>,
  { object, revision }: { readonly object: Uint8Array; readonly revision: number },
): Written<T> {
  return { object: decodeObject(resource, object), revision };
}
