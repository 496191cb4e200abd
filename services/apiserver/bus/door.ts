/** The door for components: requests over the bus into the same pipeline as HTTPS. */
import type { Logger } from "pino";
import {
  badRequest,
  expired,
  notFound,
  StatusError,
  toStatusError,
  tooManyRequests,
} from "#libs/api/errors.ts";
import type { ResourceDefinition } from "#libs/api/resource.ts";
import type { Bus, BusMessage, BusSubscription } from "#libs/bus/bus.ts";
import { rpcs } from "#libs/client/rpcs.ts";
import { codecOf } from "#libs/schema/codec.ts";
import type * as api from "#proto/gen/kubus/api/v1.ts";
import { keyOf } from "../registry/caches.ts";
import type { PatchType, Place, Registry, WriteOptions } from "../registry/request.ts";
import type { StoreClient } from "../store/client.ts";
import {
  bodyOf,
  callerOf,
  deleteOptionsOf,
  fittingList,
  listOptionsOf,
  nothing,
  patchBody,
  statusBytes,
  writtenOf,
} from "./wire.ts";

/** Requests that are worked on at a time; more are turned away with 429. */
const inflightMax = 2000;
const queueGroup = "apiserver";
const busyRetrySeconds = 1;

/** Part of the largest message that the objects of one list may take. */
const listShareMax = 0.75;

const writeOptions: WriteOptions = { dryRun: false, fieldValidation: "Ignore" };

export interface BusDoorOptions {
  readonly bus: Bus;
  readonly registry: Registry;
  readonly store: StoreClient;
  readonly resources: readonly ResourceDefinition[];
  readonly log: Logger;
}

type Answer = (data: Uint8Array) => Promise<Uint8Array>;

/** One entry a verb: its answer, and how a failure looks in its response. */
interface Handler {
  readonly answer: Answer;
  readonly failed: (status: Uint8Array) => Uint8Array;
}

/**
 * Answers components on `kubus.api.v1`, sharing the load with other API servers, until the
 * subscription ends. A bounded number of requests is at work at a time.
 */
export function openBusDoor(options: BusDoorOptions): BusSubscription {
  const { bus, log } = options;
  const handlers = handlersOf(options);
  let inflight = 0;

  async function serve(message: BusMessage): Promise<void> {
    const handler = handlers.get(bus.subjects.parse(message.subject)?.verb ?? "");
    if (handler === undefined) {
      log.warn({ subject: message.subject }, "the bus door does not know this verb");
      return;
    }
    inflight += 1;
    try {
      if (inflight > inflightMax) throw tooManyRequests("the server is busy", busyRetrySeconds);
      message.respond(await handler.answer(message.data));
    } catch (error) {
      const failure = isMalformed(error) ? badRequest(error.message) : toStatusError(error);
      if (!(error instanceof StatusError) && !isMalformed(error)) {
        log.error({ err: error, subject: message.subject }, "a request over the bus failed");
      }
      message.respond(handler.failed(statusBytes(failure)));
    } finally {
      inflight -= 1;
    }
  }

  const receive = (message: BusMessage): void => {
    // An answer that cannot be sent any more is nobody's loss.
    serve(message).catch((error: unknown) => log.warn({ err: error }, "an answer was not sent"));
  };
  const door = bus.subscribe(bus.subjects.apiAll(), receive, { queue: queueGroup });
  // On the same connection, so that who hears it finds the door open.
  bus.publish(bus.subjects.doorOpened(), doorOpened.encode({}));
  return door;
}

const doorOpened = codecOf<api.DoorOpened>("kubus.api.v1.DoorOpened");

/** Bytes that are no message, or a patch that is no JSON. */
const isMalformed = (error: unknown): error is Error =>
  error instanceof RangeError || error instanceof SyntaxError;

function handlersOf(options: BusDoorOptions): ReadonlyMap<string, Handler> {
  return new Map<string, Handler>([...readHandlers(options), ...writeHandlers(options)]);
}

function readHandlers({ bus, registry, store, resources }: BusDoorOptions): [string, Handler][] {
  const { get, list, changes } = rpcs;
  return [
    [
      "get",
      {
        answer: async (data) => {
          const { target, caller } = get.request.decode(data);
          const version = await registry.get(callerOf(caller), placeOf(resources, target), {});
          return get.response.encode({ object: version.protobuf, status: nothing });
        },
        failed: (status) => get.response.encode({ object: nothing, status }),
      },
    ],
    [
      "list",
      {
        answer: async (data) => {
          const request = list.request.decode(data);
          const place = placeOf(resources, request.target);
          const options = listOptionsOf(request);
          const listed = await registry.list(callerOf(request.caller), place, options);
          const bytesMax = bus.payloadMax * listShareMax;
          return list.response.encode(fittingList(listed, place.namespace, bytesMax));
        },
        failed: (status) =>
          list.response.encode({ objects: [], resourceVersion: "", continue: "", status }),
      },
    ],
    [
      "changes",
      {
        answer: async (data) => {
          const { target, partition, afterRevision } = changes.request.decode(data);
          const { definition } = placeOf(resources, target);
          const answer = await store.changes({
            group: definition.group,
            resource: definition.plural,
            partition,
            afterRevision,
            withConfidential: true,
          });
          if (answer.failure !== "READ_FAILURE_UNSPECIFIED") {
            throw expired(`too old resource version: ${afterRevision} (${answer.floor})`);
          }
          const { revision, more } = answer;
          const { changes: found } = answer;
          return changes.response.encode({ changes: found, revision, more, status: nothing });
        },
        failed: (status) =>
          changes.response.encode({ changes: [], revision: 0, more: false, status }),
      },
    ],
  ];
}

function writeHandlers({ registry, resources }: BusDoorOptions): [string, Handler][] {
  const { create, update, patch } = rpcs;
  const failure = (status: Uint8Array) => ({ object: nothing, status, revision: 0 });
  return [
    [
      "create",
      {
        answer: async (data) => {
          const { target, caller, object } = create.request.decode(data);
          const place = placeOf(resources, target);
          const body = bodyOf(messageOf(place), object);
          const from = callerOf(caller);
          const { version } = await registry.create(from, place, body, writeOptions);
          return create.response.encode(writtenOf(version));
        },
        failed: (status) => create.response.encode(failure(status)),
      },
    ],
    [
      "update",
      {
        answer: async (data) => {
          const { target, caller, object } = update.request.decode(data);
          const place = placeOf(resources, target);
          const body = bodyOf(messageOf(place), object);
          const from = callerOf(caller);
          const { version } = await registry.update(from, place, body, writeOptions);
          return update.response.encode(writtenOf(version));
        },
        failed: (status) => update.response.encode(failure(status)),
      },
    ],
    [
      "patch",
      {
        answer: async (data) => {
          const { target, caller, type, patch: bytes, force } = patch.request.decode(data);
          const place = placeOf(resources, target);
          const from = callerOf(caller);
          const options = { ...writeOptions, force, fieldManager: from.manager };
          const body = patchBody(bytes);
          const { version } = await registry.patch(from, place, type as PatchType, body, options);
          return patch.response.encode(writtenOf(version));
        },
        failed: (status) => patch.response.encode(failure(status)),
      },
    ],
    ["delete", deleteHandler(registry, resources)],
  ];
}

function deleteHandler(registry: Registry, resources: readonly ResourceDefinition[]): Handler {
  const { request, response } = rpcs.delete;
  return {
    answer: async (data) => {
      const asked = request.decode(data);
      const place = placeOf(resources, asked.target);
      const options = deleteOptionsOf(asked);
      const deleted = await registry.delete(callerOf(asked.caller), place, options);
      const object = deleted.type === "object" ? deleted.version.protobuf : nothing;
      return response.encode({ object, status: nothing, revision: deleted.revision });
    },
    failed: (status) => response.encode({ object: nothing, status, revision: 0 }),
  };
}

function placeOf(resources: readonly ResourceDefinition[], target: api.Target | undefined): Place {
  if (target === undefined) throw badRequest("a request needs a target");
  const { group, version, resource, subresource, namespace, name } = target;
  const definition = resources.find(
    (candidate) =>
      candidate.plural === resource && candidate.group === group && candidate.version === version,
  );
  if (definition === undefined) {
    const missing = name === "" ? keyOf({ group, plural: resource }) : name;
    throw notFound({ group, name: resource }, missing);
  }
  return { definition, subresource, namespace, name };
}

/** What a body is of: the resource, or what its action or scale takes. */
function messageOf({ definition, subresource }: Place): string {
  const found = definition.subresources.find(({ name }) => name === subresource);
  if (found?.type === "scale") return "k8s.autoscaling.v1.Scale";
  if (found?.type !== "action") return definition.message;
  const area = found.group === "" ? "core" : found.group.split(".")[0];
  return `k8s.${area}.${found.version}.${found.kind}`;
}
