/** Which protocol a stream speaks, from what its client offers. Pure. */

/** How channels are told apart in a WebSocket, and what the error channel carries. */
export interface ChannelProtocol {
  /** As the client named it; "": it named none. */
  readonly name: string;
  /** Text messages: a digit and base64, instead of bytes. */
  readonly isBase64: boolean;
  /** A Status in JSON, with the exit code; before, words for failures alone. */
  readonly hasStatus: boolean;
  /** The client can tell that it has nothing more to send on a channel. */
  readonly canClose: boolean;
}

const channelProtocol = (name: string, more: Partial<ChannelProtocol> = {}): ChannelProtocol => ({
  name,
  isBase64: false,
  hasStatus: false,
  canClose: false,
  ...more,
});

const channelProtocols: readonly ChannelProtocol[] = [
  channelProtocol(""),
  channelProtocol("channel.k8s.io"),
  channelProtocol("base64.channel.k8s.io", { isBase64: true }),
  channelProtocol("v4.channel.k8s.io", { hasStatus: true }),
  channelProtocol("v4.base64.channel.k8s.io", { hasStatus: true, isBase64: true }),
  channelProtocol("v5.channel.k8s.io", { hasStatus: true, canClose: true }),
];

const forwardProtocols: readonly ChannelProtocol[] = [
  channelProtocol(""),
  channelProtocol("v4.channel.k8s.io"),
  channelProtocol("v4.base64.channel.k8s.io", { isBase64: true }),
];

const namesOf = (protocols: readonly { readonly name: string }[]) =>
  protocols.map(({ name }) => name).filter(Boolean);

export const commandChannelNames = namesOf(channelProtocols);
export const forwardChannelNames = namesOf(forwardProtocols);

/** The first that the client offers and this server knows; for commands in containers. */
export const commandChannels = (offered: readonly string[]): ChannelProtocol | undefined =>
  firstKnown(channelProtocols, offered);

/** The same for forwarded ports without SPDY. */
export const forwardChannels = (offered: readonly string[]): ChannelProtocol | undefined =>
  firstKnown(forwardProtocols, offered);

function firstKnown(
  known: readonly ChannelProtocol[],
  offered: readonly string[],
): ChannelProtocol | undefined {
  const names = offered.length === 0 ? [""] : offered;
  return names.flatMap((name) => known.find((protocol) => protocol.name === name) ?? [])[0];
}

/** SPDY in the messages of a WebSocket. */
export const tunnelProtocol = "SPDY/3.1+portforward.k8s.io";
export const spdyUpgrade = "SPDY/3.1";

/** How streams of a SPDY connection serve a command. */
export interface StreamProtocol {
  readonly name: string;
  readonly hasStatus: boolean;
  readonly canResize: boolean;
}

const streamProtocols: readonly StreamProtocol[] = [
  { name: "v5.channel.k8s.io", hasStatus: true, canResize: true },
  { name: "v4.channel.k8s.io", hasStatus: true, canResize: true },
  { name: "v3.channel.k8s.io", hasStatus: false, canResize: true },
  { name: "v2.channel.k8s.io", hasStatus: false, canResize: false },
  { name: "channel.k8s.io", hasStatus: false, canResize: false },
];
const oldestProtocol: StreamProtocol = { name: "", hasStatus: false, canResize: false };
const forwardProtocol = "portforward.k8s.io";

export const commandStreamNames = namesOf(streamProtocols);
export const forwardStreamNames = [forwardProtocol];

/** The first that the client offers and this server knows; the oldest for one that offers none. */
export function commandStreams(offered: readonly string[]): StreamProtocol | undefined {
  if (offered.length === 0) return oldestProtocol;
  return offered.flatMap((name) => streamProtocols.find((one) => one.name === name) ?? [])[0];
}

/** Whether ports can be forwarded in what the client offers; "" for one that offers nothing. */
export function forwardStreams(offered: readonly string[]): string | undefined {
  if (offered.length === 0) return "";
  return offered.includes(forwardProtocol) ? forwardProtocol : undefined;
}

/** The tokens of a header that may come several times, each with several of them. */
export const tokensOf = (values: readonly string[]): string[] =>
  values.flatMap((value) => value.split(",").map((token) => token.trim())).filter(Boolean);
