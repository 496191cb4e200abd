import { realWorld } from "#libs/actor/world.ts";
import { ensureGenerated } from "./generate.ts";

const started = realWorld.monotonic();
const changed = ensureGenerated();
const ms = Math.round(realWorld.monotonic() - started);
process.stdout.write(changed ? `generated proto/gen in ${ms} ms\n` : "proto/gen is fresh\n");
