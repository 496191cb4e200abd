/** How long leaders and those who stand by wait for each other; the same for all instances. */
export interface LeadershipTimes {
  /** Milliseconds between two heartbeats of the leader. */
  readonly heartbeatMs: number;
  /**
   * Milliseconds that a leader answers after it sent an append that was stored. Below `silentMs`
   * by more than clocks differ in speed.
   */
  readonly leaseMs: number;
  /** Milliseconds without a heartbeat and without a message in the log until another takes over. */
  readonly silentMs: number;
  /** Milliseconds after which a leader that does not hear itself says so. */
  readonly deafMs: number;
  /** Milliseconds without an answer from the log after which the leader raises an alarm, … */
  readonly stallMs: number;
  /** … and after which the others need not wait for it: longer than the bus elects a leader. */
  readonly unableMs: number;
}

export const leadershipTimes: LeadershipTimes = {
  heartbeatMs: 250,
  leaseMs: 700,
  silentMs: 1_000,
  deafMs: 500,
  stallMs: 1_000,
  unableMs: 15_000,
};
