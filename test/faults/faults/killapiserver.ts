/** SIGKILL of an API server. */
import type { Fault } from "./fault.ts";

export const killApiServer: Fault = {
  name: "kill-apiserver",
  needs: "apiserver",
  holdMs: [50, 1_500],
  async begin({ rig, random }) {
    const { child } = random.pick(rig.apiservers);
    await child.end("SIGKILL");
    return { what: child.name };
  },
};
