/**
 * The requests of one priority level: who runs, who waits, who is refused. Requests take seats.
 * When none is free they wait in the queues of their flow's hand, and the queue that would finish
 * its next request first in virtual time, in which every queue gets the same service, is served
 * next. This is the "fair queuing for server requests" of Kubernetes' KEP-1040.
 */
import { dealHand, flowHash } from "./dealer.ts";
import { DemandMeter } from "./demand.ts";

/** Virtual service time that a request is believed to take until it has ended. */
const serviceMsExpected = 3;
/** Flows whose hands are remembered. */
const handsMax = 2_000;

export type Refusal = "queue-full" | "concurrency-limit" | "time-out" | "cancelled";

/** What a level does with requests beyond its seats. */
export type LimitResponse =
  /** No limit. */
  | { readonly type: "exempt" }
  | { readonly type: "reject" }
  | {
      readonly type: "queue";
      readonly queues: number;
      readonly handSize: number;
      readonly queueLengthMax: number;
    };

interface FlowQueue {
  readonly waiting: Guest[];
  /** Requests that run. */
  running: number;
  /** Seats of those who wait. */
  waitingSeats: number;
  /** When, in virtual milliseconds of a seat, its next request would begin. */
  nextStart: number;
}

/** A request in a level, from its arrival to its end. */
export interface Guest {
  readonly schema: string;
  readonly seats: number;
  state: "waiting" | "running" | "gone";
  readonly queue: FlowQueue | undefined;
  readonly arrived: number;
  /** Virtual time of the arrival. */
  readonly arrivedVirtually: number;
  began: number;
  /** Called when it may run; only of those that had to wait. */
  onTurn: (() => void) | undefined;
}

/**
 * Guests of one level in its queues. Times come from the clock that it is given; it starts no
 * timer.
 */
export class LevelQueues {
  readonly demand: DemandMeter;
  readonly #now: () => number;
  #response: LimitResponse = { type: "exempt" };
  #seatsMax = 0;
  #queues: FlowQueue[] = [];
  #hands = new Map<string, readonly number[]>();
  #seatsInUse = 0;
  #seatsWaiting = 0;
  #running = 0;
  #waiting = 0;
  #activeQueues = 0;
  #virtualNow = 0;
  #lastSync: number;
  #turns = 0;
  #robin = 0;

  /** `now`: milliseconds that never run backwards. */
  constructor(now: () => number) {
    this.#now = now;
    this.#lastSync = now();
    this.demand = new DemandMeter(now());
  }

  get load() {
    return {
      running: this.#running,
      waiting: this.#waiting,
      seatsInUse: this.#seatsInUse,
      seatsWaiting: this.#seatsWaiting,
      seatsMax: this.#seatsMax,
      activeQueues: this.#activeQueues,
    };
  }

  /** Queues that hold something, for who looks on. */
  get queues(): { index: number; waiting: readonly Guest[]; running: number; nextStart: number }[] {
    return this.#queues
      .map(({ waiting, running, nextStart }, index) => ({ index, waiting, running, nextStart }))
      .filter(({ waiting, running }) => waiting.length + running > 0);
  }

  /** Requests that wait or run stay where they are, also in queues that are no more. */
  configure(response: LimitResponse): void {
    const count = response.type === "queue" ? response.queues : 0;
    const before = this.#response;
    this.#response = response;
    const handSize = response.type === "queue" ? response.handSize : 0;
    const sameDeck =
      before.type === "queue" && before.queues === count && before.handSize === handSize;
    if (sameDeck) return;
    this.#hands = new Map();
    const kept = this.#queues.slice(count).filter(({ waiting }) => waiting.length > 0);
    this.#queues.length = Math.min(this.#queues.length, count);
    while (this.#queues.length < count) this.#queues.push(emptyQueue());
    // What waits in a queue that is no more is dealt out again behind the others'.
    if (kept.length > 0) this.#queues.push(...kept);
  }

  /** Seats until the next division. Those who wait are served when there are more. */
  setSeats(seats: number): void {
    this.#sync();
    this.#seatsMax = seats;
    this.#dispatch();
  }

  /** A guest that runs, or waits for its turn, or why there is no place for it. */
  enter(schema: string, distinguisher: string, seats: number): Guest | Refusal {
    this.#sync();
    const response = this.#response;
    if (response.type !== "queue") {
      if (response.type === "reject" && !this.#fits(seats)) return "concurrency-limit";
      const guest = this.#guest(schema, seats, undefined);
      this.#begin(guest);
      return guest;
    }
    const queue = this.#chooseQueue(response, schema, distinguisher);
    if (queue.waiting.length >= response.queueLengthMax) return "queue-full";
    const guest = this.#guest(schema, seats, queue);
    if (queue.waiting.length === 0 && queue.running === 0) {
      queue.nextStart = this.#virtualNow;
      this.#activeQueues += 1;
    }
    if (this.#waiting === 0 && this.#fits(seats)) {
      this.#begin(guest);
      return guest;
    }
    queue.waiting.push(guest);
    queue.waitingSeats += seats;
    this.#waiting += 1;
    this.#seatsWaiting += seats;
    boundStart(queue);
    this.#noteDemand();
    this.#dispatch();
    return guest;
  }

  /** The end of a guest's stay, whether it ran or gave up waiting. A second call does nothing. */
  leave(guest: Guest): void {
    if (guest.state === "gone") return;
    this.#sync();
    const { queue, seats, state } = guest;
    guest.state = "gone";
    if (state === "waiting") {
      this.#unqueue(guest);
    } else {
      this.#running -= 1;
      this.#seatsInUse -= seats;
      if (queue !== undefined) {
        queue.running -= 1;
        // It was charged what it was believed to take; now it is known.
        queue.nextStart += (this.#now() - guest.began - serviceMsExpected) * seats;
        boundStart(queue);
      }
    }
    if (queue !== undefined && queue.running === 0 && queue.waiting.length === 0) {
      this.#activeQueues -= 1;
    }
    this.#noteDemand();
    if (this.#waiting > 0) this.#dispatch();
  }

  #guest(schema: string, seats: number, queue: FlowQueue | undefined): Guest {
    return {
      schema,
      seats,
      state: "waiting",
      queue,
      arrived: this.#lastSync,
      arrivedVirtually: this.#virtualNow,
      began: 0,
      onTurn: undefined,
    };
  }

  #begin(guest: Guest): void {
    const { queue, seats } = guest;
    guest.state = "running";
    guest.began = this.#lastSync;
    this.#running += 1;
    this.#seatsInUse += seats;
    if (queue !== undefined) {
      queue.running += 1;
      queue.nextStart += serviceMsExpected * seats;
    }
    this.#noteDemand();
  }

  #unqueue(guest: Guest): void {
    const { queue, seats } = guest;
    if (queue === undefined) return;
    const index = queue.waiting.indexOf(guest);
    if (index < 0) return;
    queue.waiting.splice(index, 1);
    queue.waitingSeats -= seats;
    this.#waiting -= 1;
    this.#seatsWaiting -= seats;
  }

  /** A request that is wider than the level may run when nothing else does. */
  #fits(seats: number): boolean {
    if (seats > this.#seatsMax) return this.#running === 0;
    return this.#seatsInUse + seats <= this.#seatsMax;
  }

  #chooseQueue(
    { handSize, queues }: Extract<LimitResponse, { type: "queue" }>,
    schema: string,
    distinguisher: string,
  ): FlowQueue {
    const hand = this.#handOf(`${schema}\0${distinguisher}`, () =>
      dealHand(flowHash(schema, distinguisher), queues, handSize),
    );
    // Flows with overlapping hands shall not all begin at the same card.
    const offset = this.#turns++ % hand.length;
    let best = this.#queues[hand[offset] ?? 0] ?? emptyQueue();
    for (let step = 1; step < hand.length; step += 1) {
      const queue = this.#queues[hand[(offset + step) % hand.length] ?? 0];
      if (queue !== undefined && queue.waitingSeats < best.waitingSeats) best = queue;
    }
    return best;
  }

  #handOf(flow: string, deal: () => readonly number[]): readonly number[] {
    const known = this.#hands.get(flow);
    if (known !== undefined) return known;
    if (this.#hands.size >= handsMax) this.#hands.clear();
    const hand = deal();
    this.#hands.set(flow, hand);
    return hand;
  }

  #dispatch(): void {
    while (this.#waiting > 0 && this.#seatsInUse < this.#seatsMax) {
      const queue = this.#nextQueue();
      const guest = queue?.waiting[0];
      if (queue === undefined || guest === undefined || !this.#fits(guest.seats)) return;
      this.#unqueue(guest);
      this.#begin(guest);
      boundStart(queue);
      guest.onTurn?.();
    }
  }

  /** The queue whose oldest request would end first; equal ones take turns. */
  #nextQueue(): FlowQueue | undefined {
    const queues = this.#queues;
    let best: FlowQueue | undefined;
    let bestEnd = Infinity;
    let bestIndex = this.#robin;
    for (let step = 1; step <= queues.length; step += 1) {
      const index = (this.#robin + step) % queues.length;
      const queue = queues[index];
      const oldest = queue?.waiting[0];
      if (queue === undefined || oldest === undefined) continue;
      const end = queue.nextStart + serviceMsExpected * oldest.seats;
      if (end >= bestEnd) continue;
      bestEnd = end;
      best = queue;
      bestIndex = index;
    }
    this.#robin = bestIndex;
    return best;
  }

  /** Lets virtual time run as fast as a queue has been served since the last look. */
  #sync(): void {
    const now = this.#now();
    if (this.#activeQueues > 0) {
      const wanted = this.#seatsInUse + this.#seatsWaiting;
      const served = Math.min(wanted, this.#seatsMax) / this.#activeQueues;
      this.#virtualNow += (now - this.#lastSync) * served;
    }
    this.#lastSync = now;
  }

  #noteDemand(): void {
    this.demand.set(this.#lastSync, this.#seatsInUse + this.#seatsWaiting);
  }
}

const emptyQueue = (): FlowQueue => ({
  waiting: [],
  running: 0,
  waitingSeats: 0,
  nextStart: 0,
});

/** Service that a queue did not take cannot be saved up for requests that come later. */
function boundStart(queue: FlowQueue): void {
  const oldest = queue.waiting[0];
  if (oldest !== undefined && queue.nextStart < oldest.arrivedVirtually) {
    queue.nextStart = oldest.arrivedVirtually;
  }
}
