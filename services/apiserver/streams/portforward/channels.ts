/** Forwarded connections as channels of a WebSocket: two a port, for data and errors. */
import type { Session } from "#libs/bus/session/index.ts";
import type { ChannelProtocol } from "../protocols.ts";
import { readMessage, writeMessage } from "../websocket/channels.ts";
import type { PacedSocket } from "../websocket/socket.ts";
import { runForward } from "./connection.ts";

/** One connection to each of the ports; resolves when all are over and the client has closed. */
export async function forwardChannelled(
  socket: PacedSocket,
  protocol: ChannelProtocol,
  sessions: readonly { readonly port: number; readonly session: Session }[],
): Promise<void> {
  const send = (channel: number, data: Uint8Array) =>
    socket.send(writeMessage(protocol, channel, data));
  const each = sessions.map(({ port, session }, index) => {
    const [data, error] = [index * 2, index * 2 + 1];
    return { port, session, data, error };
  });
  for (const { port, data, error } of each) {
    await send(data, portBytes(port));
    await send(error, portBytes(port));
  }
  socket.onMessage(async (bytes) => {
    const message = readMessage(protocol, bytes);
    if (message.type !== "data") return;
    const found = each.find(({ data }) => data === message.channel);
    await found?.session.channel(0).write(message.data);
  });
  await Promise.all(
    each.map(async ({ session, data, error }) => {
      const message = await runForward(session, {
        incoming: undefined,
        write: (bytes) => send(data, bytes),
        end: () => undefined,
        signal: socket.signal,
      });
      if (message !== "") await send(error, Buffer.from(message));
    }),
  );
  await socket.close();
}

/** Little endian, as the first message of every channel. */
function portBytes(port: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(port);
  return bytes;
}
