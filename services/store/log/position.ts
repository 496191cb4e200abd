/** How far a log was read or written. */
export interface LogPosition {
  /** Sequence of the last message; 0 at the start. */
  readonly sequence: number;
  /** Its checksum, which the next one repeats. */
  readonly crc: number;
  readonly epoch: number;
  readonly nextRevision: number;
}

export const startOfLog: LogPosition = { sequence: 0, crc: 0, epoch: 0, nextRevision: 1 };
