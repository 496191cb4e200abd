/** SIGSTOP of a nats-server: whoever speaks to it hears nothing, and is not told. */
import type { Fault } from "./fault.ts";

export const pauseServer: Fault = {
  name: "pause-server",
  holdMs: [200, 4_000],
  async begin({ rig, random }) {
    const server = random.pick(rig.servers);
    server.pause();
    return { what: server.name };
  },
};
