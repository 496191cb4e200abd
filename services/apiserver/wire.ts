/** Streams of a node's kubelet over the bus (proto/kubus/node/v1). */
import type { World } from "#libs/actor/world.ts";
import { internalError, type StatusError } from "#libs/api/errors.ts";
import { type Bus, BusTimeoutError, NoRespondersError } from "#libs/bus/bus.ts";
import { Session } from "#libs/bus/session/index.ts";
import type { NodeVerb } from "#libs/bus/subjects.ts";
import { codecOf } from "#libs/schema/index.ts";
import type { Codec } from "#libs/schema/schema.ts";
import type { OpenSessionResponse } from "#proto/gen/kubus/node/v1.ts";
import { NodeRefusal, type NodeRequests, type NodeStreams } from "./streams/node.ts";

/** A kubelet answers when it has looked at its runtime. */
const openMsMax = 20_000;

type Requests = { readonly [Verb in NodeVerb]: Codec<NodeRequests[Verb] & { session: string }> };

const requestCodecs: Requests = {
  log: codecOf("kubus.node.v1.ReadLogRequest"),
  exec: codecOf("kubus.node.v1.ExecRequest"),
  attach: codecOf("kubus.node.v1.AttachRequest"),
  portforward: codecOf("kubus.node.v1.PortForwardRequest"),
  http: codecOf("kubus.node.v1.HttpRequest"),
};
const answerCodec = codecOf<OpenSessionResponse>("kubus.node.v1.OpenSessionResponse");

/** Opens sessions with kubelets; they end with the bus's scope. */
export function nodeStreams(bus: Bus, world: World): NodeStreams {
  return {
    async open(node, verb, request) {
      const id = world.uuid();
      const peer = `the kubelet of node ${node}`;
      const session = new Session({ bus, world, id, side: "client", peer });
      try {
        const encode = requestCodecs[verb].encode as (message: object) => Uint8Array;
        const payload = encode({ ...request, session: id });
        const subject = bus.subjects.node(verb, node);
        const answer = await bus.request(subject, payload, { timeoutMs: openMsMax });
        const { code, message } = answerCodec.decode(answer);
        if (code !== 0) throw new NodeRefusal(code, message);
        return session;
      } catch (error) {
        session.finish();
        throw error instanceof NodeRefusal ? error : unreachable(peer, error);
      }
    },
  };
}

function unreachable(peer: string, error: unknown): StatusError {
  if (error instanceof NoRespondersError) return internalError(`${peer} is not connected`);
  if (error instanceof BusTimeoutError) return internalError(`${peer} does not answer`);
  const why = error instanceof Error ? error.message : String(error);
  return internalError(`${peer} cannot be asked: ${why}`);
}
