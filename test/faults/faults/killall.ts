/** SIGKILL of every store, API server and nats-server at the same moment. */
import type { Fault } from "./fault.ts";

export const killAll: Fault = {
  name: "kill-all",
  holdMs: [50, 500],
  async begin({ rig }) {
    const children = [...rig.stores, ...rig.apiservers].map(({ child }) => child);
    await Promise.all([
      ...children.map((child) => child.end("SIGKILL")),
      ...rig.servers.map(({ nats }) => nats.kill("SIGKILL")),
    ]);
    return { what: `${children.length + rig.servers.length} processes` };
  },
};
