/** How components are run: in this process, or in one of their own each. */
import type { World } from "#libs/actor/world.ts";
import { connect, type NatsBus } from "#libs/bus/connect.ts";
import type { Part } from "../plan.ts";

export interface BusAddress {
  readonly servers: string;
  readonly token: string | undefined;
  readonly prefix: string;
}

/** Connects under a name that the server shows: `kubus.scheduler`. */
export function connectTo(address: BusAddress, user: string, world: World): Promise<NatsBus> {
  const { servers, token, prefix } = address;
  const credentials = token === undefined ? {} : { token };
  return connect({ servers, ...credentials, prefix, name: `${prefix}.${user}`, world });
}

export interface Runner {
  /** Starts the parts together; resolves when all of them serve. */
  start(parts: readonly Part[]): Promise<void>;
  /** Ends everything in reverse order. */
  stop(): Promise<void>;
}
