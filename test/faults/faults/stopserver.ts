/** A nats-server ends in order, as for an update. */
import type { Fault } from "./fault.ts";

export const stopServer: Fault = {
  name: "stop-server",
  holdMs: [50, 2_000],
  async begin({ rig, random }) {
    const server = random.pick(rig.servers);
    await server.end();
    return { what: server.name };
  },
};
