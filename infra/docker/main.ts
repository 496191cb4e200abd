/** `node infra/docker/main.ts [stop]`: an engine for the tests, and its end. */
import { realWorld } from "#libs/actor/world.ts";
import { ensureEngine, stopEngine } from "./engine.ts";

if (process.argv[2] === "stop") {
  await stopEngine(process.env, realWorld);
} else {
  const engine = await ensureEngine(process.env, realWorld);
  const text =
    engine.type === "absent"
      ? `${engine.reason}: tests that need one are left out`
      : `Docker ${engine.version} ${engine.type}`;
  process.stdout.write(`${text}\n`);
}
