/** Numbered channels in the messages of a WebSocket: bytes ⇄ channel and data. Pure. */
import type { ChannelProtocol } from "../protocols.ts";

export type ChannelMessage =
  | { readonly type: "data"; readonly channel: number; readonly data: Uint8Array }
  /** The client sends nothing more on the channel. */
  | { readonly type: "closed"; readonly channel: number }
  /** Not of this protocol: passed over, as Kubernetes does. */
  | { readonly type: "ignored" };

const closeSignal = 255;
const digitZero = 0x30;

/** What a message that came says. */
export function readMessage(
  { isBase64, canClose }: ChannelProtocol,
  message: Buffer,
): ChannelMessage {
  const [first] = message;
  if (first === undefined) return { type: "ignored" };
  const rest = message.subarray(1);
  if (isBase64) {
    const data = Buffer.from(rest.toString("latin1"), "base64");
    return { type: "data", channel: first - digitZero, data };
  }
  if (canClose && first === closeSignal) {
    const [channel] = rest;
    return channel === undefined ? { type: "ignored" } : { type: "closed", channel };
  }
  return { type: "data", channel: first, data: rest };
}

/** A message to send: bytes, or text where the protocol wants it. */
export function writeMessage(
  { isBase64 }: ChannelProtocol,
  channel: number,
  data: Uint8Array,
): Buffer | string {
  if (isBase64) return `${channel}${Buffer.from(data).toString("base64")}`;
  const message = Buffer.allocUnsafe(data.length + 1);
  message[0] = channel;
  message.set(data, 1);
  return message;
}
