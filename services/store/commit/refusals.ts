/** Refused commits by request id, so that a retry hears what the first try was told. */
import type { Refused } from "../decide.ts";

/** Refusals that are remembered; older ones are decided anew, which changes nothing either. */
const refusalsMax = 4_096;

export class Refusals {
  readonly #refused = new Map<string, Refused>();

  get(requestId: string): Refused | undefined {
    return requestId === "" ? undefined : this.#refused.get(requestId);
  }

  add(requestId: string, refused: Refused): void {
    if (requestId === "") return;
    this.#refused.set(requestId, refused);
    if (this.#refused.size <= refusalsMax) return;
    const [oldest = ""] = this.#refused.keys();
    this.#refused.delete(oldest);
  }
}
