/** What can be set, and what it is when it is not. */
import type { QueueLimits } from "./commit/queue.ts";
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
  /** Commits that wait for their answer. Default 10,000. */
  readonly queueMax?: number;
  /** Bytes of log that are kept before a snapshot is written and they are cut. Default 64 MiB. */
  readonly tailBytesMax?: number;
  /** Run on a nats-server that may lose acknowledged writes when power fails. */
  readonly unsafeDurability?: boolean;
}

export interface StoreSettings extends Window, StreamLimits {
  readonly replicas: number;
  readonly tailBytesMax: number;
  readonly unsafeDurability: boolean;
  readonly queue: QueueLimits;
  /** Bytes of one answer with many records. */
  readonly answerBytesMax: number;
}

const kubernetesValueBytesMax = 1.5 * mebibyte;
/** What a message takes beside its records: header, subject, checksum. */
const messageOverheadBytes = 16 * 1024;

/** @param payloadMax bytes of one message of the NATS server */
export function settingsOf(config: StoreConfig, payloadMax: number): StoreSettings {
  const messageBytesMax = payloadMax - messageOverheadBytes;
  return {
    replicas: config.replicas ?? 1,
    historyMsMax: config.historyMsMax ?? 10 * 60_000,
    historyCountMax: config.historyCountMax ?? 100_000,
    tailBytesMax: config.tailBytesMax ?? 64 * mebibyte,
    unsafeDurability: config.unsafeDurability ?? false,
    appendTimeoutMs: 5_000,
    appendMsMax: 60_000,
    answerBytesMax: Math.min(4 * mebibyte, payloadMax / 2),
    queue: {
      valueBytesMax: Math.min(kubernetesValueBytesMax, messageBytesMax),
      commitBytesMax: messageBytesMax,
      mutationsMax: 1_000,
      queueMax: config.queueMax ?? 10_000,
      queueBytesMax: 64 * mebibyte,
      batchBytesMax: Math.min(mebibyte, messageBytesMax),
    },
  };
}
