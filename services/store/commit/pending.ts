/** The state that the next commit is decided on: the durable one and what is on its way. */
import type { Key } from "#proto/gen/kubus/store/v1.ts";
import { type KeyHead, type View, type Write, keyText } from "../decide.ts";

interface Pending {
  readonly revision: number;
  /** Undefined for a deletion. */
  readonly head: KeyHead | undefined;
}

export class PendingView implements View {
  readonly #durable: View;
  readonly #pending = new Map<string, Pending>();

  constructor(durable: View) {
    this.#durable = durable;
  }

  head(key: Key): KeyHead | undefined {
    const pending = this.#pending.size > 0 ? this.#pending.get(keyText(key)) : undefined;
    return pending ? pending.head : this.#durable.head(key);
  }

  add({ key, type, revision, partition }: Write): void {
    const head = type === "MUTATION_TYPE_DELETE" ? undefined : { revision, partition };
    this.#pending.set(keyText(key), { revision, head });
  }

  /** The write is durable, and applied. */
  settle({ key, revision }: Write): void {
    const text = keyText(key);
    if (this.#pending.get(text)?.revision === revision) this.#pending.delete(text);
  }

  clear(): void {
    this.#pending.clear();
  }
}
