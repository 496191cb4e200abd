/** How components are run: in this process, or in one of their own each. */
import type { Part } from "../plan.ts";

export interface BusAddress {
  readonly servers: string;
  readonly token: string | undefined;
  readonly prefix: string;
}

export interface Runner {
  /** Starts the parts together; resolves when all of them serve. */
  start(parts: readonly Part[]): Promise<void>;
  /** Ends everything in reverse order. */
  stop(): Promise<void>;
}
