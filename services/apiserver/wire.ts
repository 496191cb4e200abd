/** Streams of a node's kubelet over the bus (proto/kubus/node/v1). */
import type { Bus } from "#libs/bus/bus.ts";
import { codecOf } from "#libs/schema/index.ts";
import type { LogChunk, ReadLogRequest } from "#proto/gen/kubus/node/v1.ts";
import type { NodeStreams } from "./http/options.ts";

/** A followed log may be silent for long; the client's end of the stream ends it. */
const logSilenceMsMax = 24 * 60 * 60 * 1000;

const requestCodec = codecOf<ReadLogRequest>("kubus.node.v1.ReadLogRequest");
const chunkCodec = codecOf<LogChunk>("kubus.node.v1.LogChunk");

export function nodeStreams(bus: Bus): NodeStreams {
  return {
    async *readLog(node, request, signal) {
      const subject = bus.subjects.node("log", node);
      const bytes = requestCodec.encode(request);
      const options = { timeoutMs: logSilenceMsMax, signal };
      for await (const data of bus.requestStream(subject, bytes, options)) {
        const chunk = chunkCodec.decode(data);
        yield chunk;
        if (chunk.end) return;
      }
    },
  };
}
