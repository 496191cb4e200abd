/** Log requests: bytes ⇄ messages (proto/kubus/node/v1). */
import { codecOf } from "#libs/schema/codec.ts";
import type { LogChunk, ReadLogRequest } from "#proto/gen/kubus/node/v1.ts";
import type { LogOptions } from "./runtime.ts";

const readLogRequest = codecOf<ReadLogRequest>("kubus.node.v1.ReadLogRequest");
const logChunk = codecOf<LogChunk>("kubus.node.v1.LogChunk");

/** Undefined for what is no request. */
export function readRequest(data: Uint8Array): ReadLogRequest | undefined {
  try {
    return readLogRequest.decode(data);
  } catch {
    return undefined;
  }
}

/** Output; empty: the stream still lives. */
export const dataChunk = (data: Uint8Array) => logChunk.encode({ data });
/** No more will come. */
export const endChunk = () => logChunk.encode({ end: true });
/** The end, with an HTTP status. */
export const failureChunk = (code: number, message: string) =>
  logChunk.encode({ end: true, code, message });

/** What a request asks of the runtime; the latest of two ways to say since when counts. */
export function logOptions(request: ReadLogRequest, now: number): LogOptions {
  const { follow, timestamps, tailLines, sinceSeconds, sinceTime } = request;
  const since = sinceSeconds === undefined ? Date.parse(sinceTime) : now - sinceSeconds * 1_000;
  return {
    follow,
    timestamps,
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(Number.isNaN(since) ? {} : { since }),
  };
}
