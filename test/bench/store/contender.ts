/** What is measured: a store that is started, filled, killed and asked, whatever its kind. */

export interface Contender {
  readonly name: string;
  /** Version and settings that matter, for the report. */
  readonly description: string;
  /** Starts its processes on the data that are there; resolves when it answers a read. */
  start(): Promise<void>;
  /** SIGKILL to all of its processes. */
  kill(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
  /** A connection of its own, in this process. */
  connect(): Promise<Client>;
  /** Processes that are running for it. */
  pids(): readonly number[];
  /** Where its data are. */
  readonly folder: string;
}

/** One key and its new value. */
export interface Put {
  readonly namespace: string;
  readonly name: string;
  readonly value: Uint8Array;
}

/** All promises resolve when the answer is there: a write is on the disk then. */
export interface Client {
  /** Writes new keys in one transaction. */
  create(puts: readonly Put[]): Promise<void>;
  /** Overwrites a key that is there. */
  put(put: Put): Promise<void>;
  get(namespace: string, name: string): Promise<void>;
  /** Everything in a namespace in pages, each at the revision of the first; how many there were. */
  list(namespace: string, pageSize: number): Promise<number>;
  /** So many watches of a whole namespace; `onDelivery` for every change of every watch. */
  watch(namespace: string, count: number, onDelivery: () => void): Promise<void>;
  close(): Promise<void>;
}
