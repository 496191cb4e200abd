/** A server of the cluster is cut off from the others; clients still reach it. */
import type { Fault } from "./fault.ts";

export const cutServer: Fault = {
  name: "cut-server",
  needs: "cluster",
  holdMs: [1_000, 6_000],
  async begin({ rig, random }) {
    const server = random.pick(rig.servers);
    const links = rig.servers.flatMap((each) => each.peersTo(server).concat(server.peersTo(each)));
    for (const link of links) link.cut("toServer", "toClient");
    return { what: server.name };
  },
};
