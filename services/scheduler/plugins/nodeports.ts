/** NodePorts: a host port is taken once. */
import type { FilterPlugin } from "../framework.ts";
import type { HostPort } from "../requests.ts";

const anyAddress = "0.0.0.0";
const reasons = ["node(s) didn't have free ports for the requested pod ports"];

const clashes = (a: HostPort, b: HostPort) =>
  a.port === b.port &&
  a.protocol === b.protocol &&
  (a.ip === b.ip || a.ip === anyAddress || b.ip === anyAddress);

export const nodePorts: FilterPlugin = {
  name: "NodePorts",
  prepareFilter({ hostPorts }) {
    if (hostPorts.length === 0) return undefined;
    return ({ pods }) => {
      for (const { hostPorts: taken } of pods.values()) {
        const isTaken = taken.some((port) => hostPorts.some((wanted) => clashes(port, wanted)));
        if (isTaken) return { reasons, isFinal: false };
      }
      return undefined;
    };
  },
};
