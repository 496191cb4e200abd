/** A view of a bus that ends with one life of a component, and can be paused. */
import type { Bus, BusMessage, BusSubscription, RequestOptions } from "./bus.ts";

/** Messages that wait for a paused component; older ones give way, as on a slow consumer. */
const pausedMax = 10_000;

/** Holds what arrives while paused. */
export class Gate {
  #open = true;
  #waiting: (() => void)[] = [];

  get isOpen(): boolean {
    return this.#open;
  }

  /** Runs now, or when the gate opens. */
  pass(deliver: () => void): void {
    if (this.#open) {
      deliver();
      return;
    }
    this.#waiting.push(deliver);
    if (this.#waiting.length > pausedMax) this.#waiting.shift();
  }

  close(): void {
    this.#open = false;
  }

  open(): void {
    this.#open = true;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const deliver of waiting) this.pass(deliver);
  }
}

/**
 * The same bus, but every subscription and request ends when the signal aborts, and what is
 * received passes the gate. Closing it does nothing: the connection belongs to the process.
 */
export function scopedBus(bus: Bus, signal: AbortSignal, gate: Gate): Bus {
  const scoped = (subscription: BusSubscription): BusSubscription => {
    const end = () => subscription.unsubscribe();
    signal.addEventListener("abort", end, { once: true });
    return {
      unsubscribe() {
        signal.removeEventListener("abort", end);
        end();
      },
    };
  };
  const withSignal = (options: RequestOptions = {}): RequestOptions => ({
    ...options,
    signal: options.signal ? AbortSignal.any([options.signal, signal]) : signal,
  });
  const passing = (handler: (message: BusMessage) => void) => (message: BusMessage) =>
    gate.pass(() => {
      if (!signal.aborted) handler(message);
    });
  return {
    subjects: bus.subjects,
    connection: bus.connection,
    get payloadMax() {
      return bus.payloadMax;
    },
    publish(subject, payload, reply) {
      if (!signal.aborted) bus.publish(subject, payload, reply);
    },
    request: (subject, payload, options) => bus.request(subject, payload, withSignal(options)),
    requestStream: (subject, payload, options) =>
      bus.requestStream(subject, payload, withSignal(options)),
    subscribe(subject, handler, options) {
      const subscription = bus.subscribe(subject, passing(handler), options);
      return { ...scoped(subscription), drain: () => subscription.drain() };
    },
    onReconnect: (listener) => scoped(bus.onReconnect(listener)),
    flush: () => bus.flush(),
    close: () => Promise.resolve(),
  };
}
