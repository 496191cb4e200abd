/** Components' way to the API server: typed requests over the bus door (proto/kubus/api/v1). */
import { StatusError } from "#libs/api/errors.ts";
import type { KubeObject, ResourceDefinition } from "#libs/api/resource.ts";
import { type Bus, call, type RequestOptions } from "#libs/bus/bus.ts";
import type { ApiVerb } from "#libs/bus/subjects.ts";
import { codecOf } from "#libs/schema/codec.ts";
import type { Status } from "#proto/gen/k8s/meta/v1.ts";
import type * as api from "#proto/gen/kubus/api/v1.ts";

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

export type PatchType =
  | "application/json-patch+json"
  | "application/merge-patch+json"
  | "application/strategic-merge-patch+json";

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
  /** Creates a subresource's object (a Binding, an Eviction) of the given proto message. */
  createSubresource<S extends KubeObject>(
    resource: ResourceDefinition,
    name: ObjectName,
    subresource: string,
    message: string,
    object: S,
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
const rpcOf = <Request, Response>(verb: string) => ({
  request: codecOf<Request>(`kubus.api.v1.${verb}Request`),
  response: codecOf<Response>(`kubus.api.v1.${verb}Response`),
});
const getRpc = rpcOf<api.GetRequest, api.GetResponse>("Get");
const listRpc = rpcOf<api.ListRequest, api.ListResponse>("List");
const createRpc = rpcOf<api.CreateRequest, api.CreateResponse>("Create");
const updateRpc = rpcOf<api.UpdateRequest, api.UpdateResponse>("Update");
const patchRpc = rpcOf<api.PatchRequest, api.PatchResponse>("Patch");
const deleteRpc = rpcOf<api.DeleteRequest, api.DeleteResponse>("Delete");
const changesRpc = rpcOf<api.ChangesRequest, api.ChangesResponse>("Changes");

/** Protobuf bytes of a resource's object to the object, with apiVersion and kind. */
export function decodeObject<T extends KubeObject>(
  resource: ResourceDefinition<T>,
  bytes: Uint8Array,
): T {
  const { group, version, kind, message } = resource;
  const apiVersion = group === "" ? version : `${group}/${version}`;
  return { apiVersion, kind, ...codecOf<T>(message).decode(bytes) };
}

/** A client with one identity. Requests end with the bus's scope. */
export function apiClient(bus: Bus, { user, groups = [], manager }: ClientIdentity): Client {
  const caller: api.Caller = { user, groups: [...groups], manager };
  const options: RequestOptions = { timeoutMs: answerMsMax };

  const targetOf = (
    { group, version, plural }: ResourceDefinition,
    { namespace = "", name }: ObjectName,
    subresource = "",
  ): api.Target => ({ group, version, resource: plural, subresource, namespace, name });
  const subject = (verb: ApiVerb, target: api.Target) => bus.subjects.api(verb, target);

  return {
    async get(resource, name) {
      const target = targetOf(resource, name);
      const answer = await call(bus, getRpc, subject("get", target), { target, caller }, options);
      return decodeObject(resource, accepted(answer).object);
    },

    async list<T extends KubeObject>(resource: ResourceDefinition<T>, selection: Selection = {}) {
      const { namespace = "", labelSelector = "", fieldSelector = "" } = selection;
      const target = targetOf(resource, { namespace, name: "" });
      const items: T[] = [];
      let token = "";
      while (true) {
        const request = {
          target,
          caller,
          labelSelector,
          fieldSelector,
          limit: pageLimit,
          continue: token,
          resourceVersion: "",
        };
        const answer = await call(bus, listRpc, subject("list", target), request, options);
        for (const bytes of accepted(answer).objects) items.push(decodeObject(resource, bytes));
        token = answer.continue;
        if (token === "") return { items, resourceVersion: answer.resourceVersion };
      }
    },

    async create(resource, object) {
      const { namespace = "", name = "" } = object.metadata ?? {};
      const target = targetOf(resource, { namespace, name });
      const bytes = codecOf<typeof object>(resource.message).encode(object);
      const request = { target, caller, object: bytes };
      const answer = await call(bus, createRpc, subject("create", target), request, options);
      return written(resource, accepted(answer));
    },

    async createSubresource(resource, name, subresource, message, object) {
      const target = targetOf(resource, name, subresource);
      const bytes = codecOf<typeof object>(message).encode(object);
      const request = { target, caller, object: bytes };
      const answer = await call(bus, createRpc, subject("create", target), request, options);
      return { object: undefined, revision: accepted(answer).revision };
    },

    async update(resource, object, subresource = "") {
      const { namespace = "", name = "" } = object.metadata ?? {};
      const target = targetOf(resource, { namespace, name }, subresource);
      const bytes = codecOf<typeof object>(resource.message).encode(object);
      const request = { target, caller, object: bytes };
      const answer = await call(bus, updateRpc, subject("update", target), request, options);
      return written(resource, accepted(answer));
    },

    async patch(resource, name, type, patch, subresource = "") {
      const target = targetOf(resource, name, subresource);
      const text = new TextEncoder().encode(JSON.stringify(patch));
      const request = { target, caller, type, patch: text, force: false };
      const answer = await call(bus, patchRpc, subject("patch", target), request, options);
      return written(resource, accepted(answer));
    },

    async delete(resource, name, choices = {}) {
      const target = targetOf(resource, name);
      const { gracePeriodSeconds, propagationPolicy = "" } = choices;
      const request = {
        target,
        caller,
        ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
        propagationPolicy,
        preconditionUid: choices.uid ?? "",
        preconditionResourceVersion: choices.resourceVersion ?? "",
      };
      const answer = await call(bus, deleteRpc, subject("delete", target), request, options);
      return { object: undefined, revision: accepted(answer).revision };
    },

    async changes(resource, afterRevision, partition = "") {
      const target = targetOf(resource, { name: "" });
      const request = { target, caller, partition, afterRevision };
      const response = await call(bus, changesRpc, subject("changes", target), request, options);
      if (refusal(response)?.code === goneCode) return { type: "expired" };
      return { type: "changes", response: accepted(response) };
    },
  };
}

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
