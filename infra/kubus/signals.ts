/** Waits for the wish that this process ends. */

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Resolves with the name of the first signal, or when the process that started this one is gone.
 * In a terminal Ctrl-C reaches this process twice, from the terminal and from npm, so further
 * signals change nothing.
 */
export function onStopSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const name of signals) process.on(name, () => resolve(name));
    if (!process.channel) return;
    process.once("disconnect", () => resolve("the starter is gone"));
    // Listening alone is no reason to go on living.
    process.channel.unref();
  });
}
