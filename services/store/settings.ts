/** What can be set, and what it is when it is not. */
import type { QueueLimits } from "./commit/queue.ts";
import { type LeadershipTimes, leadershipTimes } from "./leadership/times.ts";
import type { StreamLimits } from "./log/stream.ts";
import type { Window } from "./memory/memory.ts";

const mebibyte = 1024 * 1024;

export interface StoreConfig {
  /** Copies of the log that a NATS cluster keeps. Default 1. */
  readonly replicas?: number;
  /** Milliseconds that a change stays readable. Default 10 minutes. */
  readonly historyMsMax?: number;
  /** Changes that stay readable. Default 100,000. */
  readonly historyCountMax?: number;
  /** Commits that wait for their answer, and reads that do. Default 10,000 of each. */
  readonly queueMax?: number;
  /**
   * Bytes of log behind the window that are kept before a snapshot is written and they are cut;
   * a quarter of the state when that is more. Default 16 MiB.
   */
  readonly tailBytesMax?: number;
  /** Run on a nats-server that may lose acknowledged writes when power fails. */
  readonly unsafeDurability?: boolean;
}

export interface StoreSettings extends Window, StreamLimits {
  readonly replicas: number;
  readonly tailBytesMax: number;
  readonly unsafeDurability: boolean;
  readonly queue: QueueLimits;
  readonly times: LeadershipTimes;
  /** Bytes of one answer with many records. */
  readonly answerBytesMax: number;
}

const kubernetesValueBytesMax = 1.5 * mebibyte;
/** What a message takes beside its records: header, subject, checksum. */
const messageOverheadBytes = 16 * 1024;

/** @param payloadMax bytes of one message of the NATS server */
export function settingsOf(config: StoreConfig, payloadMax: number): StoreSettings {
  const messageBytesMax = payloadMax - messageOverheadBytes;
  const replicas = config.replicas ?? 1;
  return {
    replicas,
    historyMsMax: config.historyMsMax ?? 10 * 60_000,
    historyCountMax: config.historyCountMax ?? 100_000,
    tailBytesMax: config.tailBytesMax ?? 16 * mebibyte,
    unsafeDurability: config.unsafeDurability ?? false,
    // What was sent to a leader that died is sent again to the next.
    appendTimeoutMs: replicas > 1 ? 500 : 5_000,
    appendMsMax: 60_000,
    // Replicas elect a leader in 4 to 8 s.
    settlingMsMax: replicas > 1 ? 20_000 : 5_000,
    lossMsMin: replicas > 1 ? 15_000 : 0,
    times: leadershipTimes,
    answerBytesMax: Math.min(4 * mebibyte, payloadMax / 2),
    queue: {
      valueBytesMax: Math.min(kubernetesValueBytesMax, messageBytesMax),
      commitBytesMax: messageBytesMax,
      mutationsMax: 1_000,
      queueMax: config.queueMax ?? 10_000,
      queueBytesMax: 64 * mebibyte,
      readsMax: config.queueMax ?? 10_000,
      batchBytesMax: Math.min(mebibyte, messageBytesMax),
    },
  };
}
