import { ensureGenerated } from "./generate.ts";

const started = performance.now();
const changed = ensureGenerated();
const ms = Math.round(performance.now() - started);
process.stdout.write(changed ? `generated proto/gen in ${ms} ms\n` : "proto/gen is fresh\n");
