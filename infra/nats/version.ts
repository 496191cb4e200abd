import type { Version } from "../tools/version.ts";

/** Before 2.10.23 `sync_interval: always` does not cover everything that a crash can lose. */
export const natsVersionMin: Version = [2, 10, 23];
