/** SIGSTOP of an API server; when it wakes up, what its cache holds is old. */
import type { Fault } from "./fault.ts";

export const pauseApiServer: Fault = {
  name: "pause-apiserver",
  needs: "apiserver",
  holdMs: [200, 4_000],
  async begin({ rig, random }) {
    const { child } = random.pick(rig.apiservers);
    child.pause();
    return { what: child.name };
  },
};
