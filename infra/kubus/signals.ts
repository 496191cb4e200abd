/** Waits for the wish that this process ends. */
import { realWorld, type World } from "#libs/actor/world.ts";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

const parentPollMs = 500;

/**
 * Resolves with the name of the first signal, or when the process that started this one is gone.
 * In a terminal Ctrl-C reaches this process twice, from the terminal and from npm, so further
 * signals change nothing.
 */
export function onStopSignal(world: World = realWorld): Promise<string> {
  return new Promise((resolve) => {
    const unwatch = onParentGone(world, () => resolve("npm is gone"));
    const stop = (why: string) => {
      unwatch();
      resolve(why);
    };
    for (const name of signals) process.on(name, () => stop(name));
    if (!process.channel) return;
    process.once("disconnect", () => stop("the starter is gone"));
    // Listening alone is no reason to go on living.
    process.channel.unref();
  });
}

/** npm passes a signal on to a shell, which ends without a word to what it runs. */
function onParentGone(world: World, callback: () => void): () => void {
  if (!process.env["npm_lifecycle_event"]) return () => undefined;
  const parent = process.ppid;
  const cancel = world.every(parentPollMs, () => {
    if (process.ppid === parent) return;
    cancel();
    callback();
  });
  return cancel;
}
