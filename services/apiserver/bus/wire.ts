/** Messages of the bus door to calls of the registry, and back. */
import type { StatusError } from "#libs/api/errors.ts";
import { codecOf } from "#libs/schema/index.ts";
import type { Status } from "#proto/gen/k8s/meta/v1.ts";
import type * as api from "#proto/gen/kubus/api/v1.ts";
import { encodeContinue } from "../registry/continue.ts";
import type {
  Body,
  Caller,
  DeleteOptions,
  Listed,
  ListOptions,
  Version,
} from "../registry/request.ts";

const statusCodec = codecOf<Status>("k8s.meta.v1.Status");

export const nothing = new Uint8Array();

export const statusBytes = ({ status }: StatusError): Uint8Array => statusCodec.encode(status);

export function callerOf(caller: api.Caller | undefined): Caller {
  const { user = "system:anonymous", groups = [], manager = "unknown" } = caller ?? {};
  return { user, groups, manager };
}

/** A body that came as protobuf of the message. */
export function bodyOf(message: string, bytes: Uint8Array): Body {
  return { value: codecOf<unknown>(message).decode(bytes), duplicates: [], canonical: true };
}

export function listOptionsOf(request: api.ListRequest): ListOptions {
  return {
    labelSelector: request.labelSelector,
    fieldSelector: request.fieldSelector,
    limit: request.limit,
    continue: request.continue,
    resourceVersion: request.resourceVersion,
  };
}

/**
 * As much of a list as fits a message, and how to go on behind it. At least one object, so that
 * the client gets ahead.
 */
export function fittingList(
  { versions, resourceVersion, continue: token }: Listed,
  namespace: string,
  bytesMax: number,
): api.ListResponse {
  const objects: Uint8Array[] = [];
  let bytes = 0;
  for (const { protobuf } of versions) {
    if (objects.length > 0 && bytes + protobuf.length > bytesMax) {
      const last = versions[objects.length - 1]?.object.metadata ?? {};
      const after = { namespace: last.namespace ?? "", name: last.name ?? "" };
      const position = { revision: Number(resourceVersion), after };
      const rest = encodeContinue(position, namespace);
      return { objects, resourceVersion, continue: rest, status: nothing };
    }
    bytes += protobuf.length;
    objects.push(protobuf);
  }
  return { objects, resourceVersion, continue: token, status: nothing };
}

export function deleteOptionsOf(request: api.DeleteRequest): DeleteOptions {
  const { gracePeriodSeconds, propagationPolicy } = request;
  const uid = request.preconditionUid;
  const resourceVersion = request.preconditionResourceVersion;
  return {
    dryRun: false,
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(propagationPolicy === ""
      ? {}
      : { propagationPolicy: propagationPolicy as "Orphan" | "Background" | "Foreground" }),
    preconditions: {
      ...(uid === "" ? {} : { uid }),
      ...(resourceVersion === "" ? {} : { resourceVersion }),
    },
  };
}

export const writtenOf = ({ protobuf, revision }: Version) => ({
  object: protobuf,
  status: nothing,
  revision,
});

/** The patch as the registry takes it: JSON in every type that components use. */
export function patchBody(bytes: Uint8Array): Body {
  return { value: JSON.parse(Buffer.from(bytes).toString()), duplicates: [], canonical: false };
}
