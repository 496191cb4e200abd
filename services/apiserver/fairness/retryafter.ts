/** How long refused clients are told to wait: longer while many are refused. Pure but for state. */

const retrySecondsMin = 1;
const retrySecondsMax = 32;
const periodMs = 1_000;

export interface RetryAfter {
  /** Seconds for one more refused request. `now`: milliseconds that never run backwards. */
  refused(now: number): number;
}

/** Doubles when a second saw three refusals for each second of waiting, halves when few came. */
export function retryAfter(): RetryAfter {
  let seconds = retrySecondsMin;
  let began = 0;
  let count = 0;
  return {
    refused: (now) => {
      if (now - began >= periodMs) {
        const quiet = now - began >= 2 * periodMs;
        seconds = nextSeconds(seconds, quiet ? 0 : count);
        began = now;
        count = 0;
      }
      count += 1;
      return seconds;
    },
  };
}

function nextSeconds(seconds: number, refused: number): number {
  if (refused >= 3 * seconds) return Math.min(retrySecondsMax, 2 * seconds);
  if (4 * refused < seconds) return Math.max(retrySecondsMin, Math.floor(seconds / 2));
  return seconds;
}
