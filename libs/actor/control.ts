/** The control conversation of one component: bytes ⇄ requests and answers. */
import type {
  ControlRequest,
  ControlResponse,
  StateRequest,
  StateResponse,
  TransitionOccurred,
} from "#proto/gen/kubus/actor/v1.ts";
import { codecOf } from "#libs/schema/codec.ts";
import type { Codec } from "#libs/schema/schema.ts";

const openBrace = "{".charCodeAt(0);

/** Whether a shell asks: it writes JSON, and wants to read JSON. */
export const isJson = (payload: Uint8Array): boolean => payload[0] === openBrace;

export const controlRequest = codecOf<ControlRequest>("kubus.actor.v1.ControlRequest");
export const controlResponse = codecOf<ControlResponse>("kubus.actor.v1.ControlResponse");
export const stateRequest = codecOf<StateRequest>("kubus.actor.v1.StateRequest");
export const stateResponse = codecOf<StateResponse>("kubus.actor.v1.StateResponse");
export const transitionOccurred = codecOf<TransitionOccurred>("kubus.actor.v1.TransitionOccurred");

/** One thing to do to a component or one of its actors. */
export type Control =
  | { readonly type: "Crash"; readonly actor: string }
  | { readonly type: "Stop" }
  | { readonly type: "Pause" }
  | { readonly type: "Resume" }
  | { readonly type: "Delay"; readonly subject: string; readonly milliseconds: number }
  | { readonly type: "Drop"; readonly subject: string; readonly percent: number };

/**
 * Reads a control message, protobuf or JSON (`{"crash":{}}` from a shell).
 * Undefined when it is neither, or asks for nothing or for nonsense.
 */
export function readControl(payload: Uint8Array): Control | undefined {
  const request = parse(payload);
  if (!request) return undefined;
  const { crash, stop, pause, resume, delay, drop } = request;
  if (crash) return { type: "Crash", actor: String(crash.actor ?? "") };
  if (stop) return { type: "Stop" };
  if (pause) return { type: "Pause" };
  if (resume) return { type: "Resume" };
  if (delay?.subject && Number(delay.milliseconds) >= 0) {
    const { subject, milliseconds } = delay;
    return { type: "Delay", subject, milliseconds: Number(milliseconds) };
  }
  if (drop?.subject && Number(drop.percent) >= 0 && Number(drop.percent) <= 100) {
    return { type: "Drop", subject: drop.subject, percent: Number(drop.percent) };
  }
  return undefined;
}

function parse(payload: Uint8Array): Partial<ControlRequest> | undefined {
  try {
    if (!isJson(payload)) return controlRequest.decode(payload);
    return JSON.parse(new TextDecoder().decode(payload)) as Partial<ControlRequest>;
  } catch {
    return undefined;
  }
}

/** The answer in the language of the question. */
export function writeAnswer<T>(codec: Codec<T>, question: Uint8Array, answer: T): Uint8Array {
  return isJson(question) ? new TextEncoder().encode(JSON.stringify(answer)) : codec.encode(answer);
}
