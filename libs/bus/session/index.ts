/** Sessions between two processes over the bus. */
export { Channel, frameBytesMax, windowBytesMax } from "./channel.ts";
export { type Ending, Session, type SessionEnd, type TerminalSize } from "./session.ts";
export { socketOf, socketOver } from "./socket.ts";
