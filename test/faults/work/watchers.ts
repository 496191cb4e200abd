/** Watchers that list, watch, break off, and go on where they were. */
import { realWorld } from "#libs/actor/world.ts";
import type { Told } from "../history/observation.ts";
import type { Found } from "../history/operation.ts";
import type { Random } from "../plan/random.ts";
import type { Door } from "./door.ts";
import type { Recorder } from "./recorder.ts";

export interface WatcherOptions {
  readonly name: string;
  readonly door: Door;
  readonly recorder: Recorder;
  readonly random: Random;
  /** Keys with this prefix are watched. */
  readonly prefix: string;
  /** Milliseconds after which a watch is broken off, to be resumed; 0: never. */
  readonly breakMsMax: number;
  readonly signal: AbortSignal;
}

const retryMs = 50;

/** Watches until the signal aborts. */
export async function runWatcher(options: WatcherOptions): Promise<void> {
  const { door, signal, prefix } = options;
  while (!signal.aborted) {
    const list = await door.list(prefix).catch(() => undefined);
    if (!list) await realWorld.sleep(retryMs);
    else await watchFrom(options, list.revision, list.found);
  }
}

/** Watches from a list on, again and again from where the watch before got to. */
async function watchFrom(
  { name, door, recorder, random, prefix, breakMsMax, signal }: WatcherOptions,
  revision: number,
  found: readonly Found[],
): Promise<void> {
  let after = revision;
  let listed: readonly Found[] | undefined = found;
  while (!signal.aborted) {
    const record = recorder.beginWatch(name, prefix, after, listed);
    const breaking = new AbortController();
    const breakMs = random.between(breakMsMax >> 1, breakMsMax + 1);
    const cancel =
      breakMsMax === 0 ? () => undefined : realWorld.after(breakMs, () => breaking.abort());
    const end = await door.watch({
      prefix,
      after,
      signal: AbortSignal.any([signal, breaking.signal]),
      tell: (told) => {
        if (signal.aborted || breaking.signal.aborted) return;
        record(told);
        after = Math.max(after, lastOf(told));
      },
    });
    cancel();
    if (end === "gone") return;
    listed = undefined;
    if (!breaking.signal.aborted) await realWorld.sleep(retryMs);
  }
}

const lastOf = (told: Told): number =>
  told.type === "bookmark" ? told.revision : (told.events.at(-1)?.revision ?? 0);
