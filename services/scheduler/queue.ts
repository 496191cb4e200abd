/**
 * Pods that wait for a node, as in kube-scheduler: active ones by priority and age, those that
 * failed a moment ago back off, those that fit nowhere wait until something changes.
 */
import type { Pod } from "#proto/gen/k8s/core/v1.ts";
import { Heap } from "./heap.ts";

export interface Waiting {
  readonly pod: Pod;
  /** Attempts so far. */
  readonly attempts: number;
  /** When it came, by the scheduler's clock: older first. */
  readonly since: number;
}

interface Parked extends Waiting {
  /** When it was tried last. */
  readonly triedAt: number;
}

const backoffMsMin = 1_000;
const backoffMsMax = 10_000;
/** Kubernetes' podMaxInUnschedulablePodsDuration: then a pod is tried again without a reason. */
const unschedulableMsMax = 300_000;

export const keyOf = ({ metadata }: Pod) => metadata?.uid ?? "";
const priorityOf = ({ spec }: Pod) => spec?.priority ?? 0;

export class SchedulingQueue {
  readonly #active = new Heap<Waiting>(
    ({ pod }) => keyOf(pod),
    (a, b) => priorityOf(b.pod) - priorityOf(a.pod) || a.since - b.since,
  );
  readonly #backingOff = new Heap<Parked>(
    ({ pod }) => keyOf(pod),
    (a, b) => readyAt(a) - readyAt(b),
  );
  readonly #unschedulable = new Map<string, Parked>();

  get sizes() {
    return {
      active: this.#active.size,
      backoff: this.#backingOff.size,
      unschedulable: this.#unschedulable.size,
    };
  }

  /** Adds a new pod, or the new version of a waiting one (which may be tried at once). */
  put(pod: Pod, now: number): void {
    const key = keyOf(pod);
    const parked = this.#unschedulable.get(key) ?? this.#backingOff.get(key);
    const known = this.#active.get(key) ?? parked;
    this.remove(key);
    this.#active.put({ pod, attempts: known?.attempts ?? 0, since: known?.since ?? now });
  }

  /** Replaces the stored version without a reason to try again. */
  refresh(pod: Pod): void {
    const key = keyOf(pod);
    const parked = this.#unschedulable.get(key);
    if (parked) this.#unschedulable.set(key, { ...parked, pod });
    const waiting = this.#backingOff.get(key);
    if (waiting) this.#backingOff.put({ ...waiting, pod });
    const active = this.#active.get(key);
    if (active) this.#active.put({ ...active, pod });
  }

  remove(key: string): void {
    this.#active.remove(key);
    this.#backingOff.remove(key);
    this.#unschedulable.delete(key);
  }

  /** The next pod to try. */
  take(now: number): Waiting | undefined {
    this.#release(now);
    const next = this.#active.take();
    return next && { ...next, attempts: next.attempts + 1 };
  }

  /** It fits nowhere: it waits until `wake`. */
  park(waiting: Waiting, now: number): void {
    this.#unschedulable.set(keyOf(waiting.pod), { ...waiting, triedAt: now });
  }

  /** Something else went wrong: it is tried again after its backoff. */
  retry(waiting: Waiting, now: number): void {
    this.#backingOff.put({ ...waiting, triedAt: now });
  }

  /** The cluster changed: what fitted nowhere may fit now, after its backoff. */
  wake(): void {
    for (const parked of this.#unschedulable.values()) this.#backingOff.put(parked);
    this.#unschedulable.clear();
  }

  /** Milliseconds until a pod becomes ready by itself; undefined when none will. */
  untilReady(now: number): number | undefined {
    if (this.#active.size > 0) return 0;
    const times = [...this.#unschedulable.values()].map(
      ({ triedAt }) => triedAt + unschedulableMsMax,
    );
    const first = this.#backingOff.take();
    if (first) {
      this.#backingOff.put(first);
      times.push(readyAt(first));
    }
    return times.length > 0 ? Math.max(0, Math.min(...times) - now) : undefined;
  }

  #release(now: number): void {
    for (const parked of this.#unschedulable.values()) {
      if (parked.triedAt + unschedulableMsMax > now) continue;
      this.#unschedulable.delete(keyOf(parked.pod));
      this.#active.put(parked);
    }
    while (true) {
      const first = this.#backingOff.take();
      if (!first) return;
      if (readyAt(first) > now) {
        this.#backingOff.put(first);
        return;
      }
      this.#active.put(first);
    }
  }
}

const readyAt = ({ triedAt, attempts }: Parked) =>
  triedAt + Math.min(backoffMsMin * 2 ** Math.max(0, attempts - 1), backoffMsMax);
