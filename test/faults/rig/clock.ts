/** Loaded into every process of the rig: a wall clock that can be told to jump. */
import { realWorld } from "#libs/actor/world.ts";

const trueNow = realWorld.now;

process.on("message", (message: unknown) => {
  const { aheadMs } = message as { readonly aheadMs: number };
  realWorld.now = () => trueNow() + aheadMs;
});
// Without the one who started it nobody would ever end it.
process.on("disconnect", () => process.exit(1));
