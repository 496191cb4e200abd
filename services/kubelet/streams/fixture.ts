/** For tests: a node's streams on a real bus, with simulated containers, and who asks for them. */
import pino from "pino";
import { createActor } from "xstate";
import { realWorld } from "#libs/actor/world.ts";
import type { Host } from "#libs/actor/component.ts";
import { connect, type NatsBus } from "#libs/bus/connect.ts";
import { Session } from "#libs/bus/session/index.ts";
import type { NodeVerb } from "#libs/bus/subjects.ts";
import { codecOf } from "#libs/schema/codec.ts";
import { startNatsServer } from "#libs/testing/nats.ts";
import type { Container, Pod } from "#proto/gen/k8s/core/v1.ts";
import type { OpenSessionResponse } from "#proto/gen/kubus/node/v1.ts";
import { SimulatedRuntime } from "../runtimes/simulated/runtime.ts";
import { serveStreams } from "./serve.ts";

const node = "node-1";
const answers = codecOf<OpenSessionResponse>("kubus.node.v1.OpenSessionResponse");
const messages: Readonly<Record<NodeVerb, string>> = {
  log: "kubus.node.v1.ReadLogRequest",
  exec: "kubus.node.v1.ExecRequest",
  attach: "kubus.node.v1.AttachRequest",
  portforward: "kubus.node.v1.PortForwardRequest",
  http: "kubus.node.v1.HttpRequest",
};

/** What came of a request. */
export type Opened =
  | { readonly session: Session }
  | { readonly code: number; readonly message: string };

export interface TestNode {
  readonly runtime: SimulatedRuntime;
  /** Runs the pod's containers. */
  run(pod: Pod, ...containers: readonly Container[]): Promise<void>;
  open(verb: NodeVerb, request: object): Promise<Opened>;
  /** The same, for a request that is served. */
  session(verb: NodeVerb, request: object): Promise<Session>;
  /** The kubelet's life ends. */
  end(): void;
  stop(): Promise<void>;
}

/** Serves streams until it is stopped. */
export async function startNode(): Promise<TestNode> {
  const nats = await startNatsServer();
  const options = { servers: nats.url, prefix: "kubus", world: realWorld };
  const [bus, asking] = await Promise.all([
    connect({ ...options, name: "kubelet" }),
    connect({ ...options, name: "asking" }),
  ]);
  const life = new AbortController();
  const runtime = new SimulatedRuntime(realWorld, "10.0.0.0/24");
  const pods = new Map<string, Pod>();
  serveStreams(hostOf(bus, life.signal), {
    runtime,
    podOf: (uid) => pods.get(uid),
    serveHttp: (socket) => socket.end(),
    now: () => realWorld.now(),
  });
  await bus.flush();
  const open = async (verb: NodeVerb, request: object): Promise<Opened> => {
    const id = realWorld.uuid();
    const side = "client" as const;
    const session = new Session({ bus: asking, world: realWorld, id, side, peer: "the node" });
    const payload = codecOf<object>(messages[verb]).encode({ ...request, session: id });
    const answer = await asking.request(asking.subjects.node(verb, node), payload);
    const { code, message } = answers.decode(answer);
    if (code === 0) return { session };
    session.finish();
    return { code, message };
  };
  return {
    runtime,
    open,
    async session(verb, request) {
      const opened = await open(verb, request);
      if ("session" in opened) return opened.session;
      throw new Error(`${opened.code}: ${opened.message}`);
    },
    async run(pod, ...containers) {
      pods.set(pod.metadata?.uid ?? "", pod);
      await runtime.createSandbox(pod);
      const context = { tell: () => undefined, signal: life.signal };
      for (const container of containers) {
        await runtime.startContainer(pod, container, 0, context);
      }
    },
    end: () => life.abort(),
    async stop() {
      life.abort();
      await Promise.all([bus.close(), asking.close()]);
      await nats.stop();
    },
  };
}

function hostOf(bus: NatsBus, signal: AbortSignal): Host {
  const host: Pick<
    Host,
    "component" | "instance" | "bus" | "shared" | "world" | "log" | "signal" | "spawn"
  > = {
    component: "kubelet",
    instance: node,
    bus,
    shared: bus,
    world: realWorld,
    log: pino({ level: "silent" }),
    signal,
    spawn: ({ machine, input, onDone }) => {
      const actor = createActor(machine, { input });
      actor.subscribe({ complete: () => onDone?.(undefined) });
      return actor.start();
    },
  };
  return { ...host, onEnd: () => undefined };
}

/** Everything of one channel, as text. */
export async function textOf(session: Session, channel = 1): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of session.channel(channel)) parts.push(part);
  return Buffer.concat(parts).toString();
}
