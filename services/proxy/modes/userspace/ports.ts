/** What the mode knows of a port that it opened, TCP or UDP. */
export interface OpenPort {
  /** The real one, which may differ from the wanted one. */
  readonly port: number;
  /** Takes no new traffic; TCP connections that exist go on until `ended`. */
  close(): Promise<void>;
  /** Resolves when the port is closed and its last connection is over. */
  readonly ended: Promise<void>;
  /** The pool changed: lets go of what may not last (UDP conversations whose endpoint left). */
  refresh(): void;
  /** Ends everything at once. */
  abort(): Promise<void>;
}
