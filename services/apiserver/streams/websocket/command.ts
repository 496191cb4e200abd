/** A command's streams as channels of a WebSocket. */
import type { Ending } from "#libs/bus/session/index.ts";
import { channels, type CommandClient, type Ears } from "../command.ts";
import type { ChannelProtocol } from "../protocols.ts";
import type { CommandOptions } from "../options.ts";
import { SizeReader } from "../sizes.ts";
import { endedStatus, statusBytes } from "../status.ts";
import { type ChannelMessage, readMessage, writeMessage } from "./channels.ts";
import type { PacedSocket } from "./socket.ts";

/** The client behind the socket, which is told first that it is heard. */
export async function socketClient(
  socket: PacedSocket,
  protocol: ChannelProtocol,
  options: CommandOptions,
): Promise<CommandClient> {
  const writer = (channel: number) => (data: Uint8Array) =>
    socket.send(writeMessage(protocol, channel, data));
  const { stdout, stderr, stdin, command } = options;
  // An empty message on the first channel that can be written, as Kubernetes sends it.
  const first = stdout ? channels.stdout : stderr ? channels.stderr : channels.error;
  await writer(first)(new Uint8Array(0));
  const sizes = new SizeReader();
  return {
    stdout: stdout ? writer(channels.stdout) : undefined,
    stderr: stderr ? writer(channels.stderr) : undefined,
    signal: socket.signal,
    listen: (ears) =>
      socket.onMessage((bytes) => hear(readMessage(protocol, bytes), { ...ears, stdin, sizes })),
    finish: async (ending: Ending) => {
      const bytes = statusBytes(endedStatus(ending, command), protocol.hasStatus);
      if (bytes) await writer(channels.error)(bytes);
      await socket.close();
    },
  };
}

interface Hearing extends Ears {
  readonly stdin: boolean;
  readonly sizes: SizeReader;
}

async function hear(message: ChannelMessage, hearing: Hearing): Promise<void> {
  const { stdin, sizes, input, inputEnd, size } = hearing;
  if (message.type === "ignored") return;
  if (message.type === "closed") {
    if (message.channel === channels.stdin && stdin) inputEnd();
    return;
  }
  if (message.channel === channels.stdin && stdin) await input(message.data);
  if (message.channel === channels.resize) sizes.push(message.data).forEach(size);
}
