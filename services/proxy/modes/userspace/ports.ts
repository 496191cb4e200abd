/** What the mode knows of a port that it opened, TCP or UDP. */
export interface OpenPort {
  /** The real one, which may differ from the wanted one. */
  readonly port: number;
  /** Takes no new traffic; TCP connections that exist go on. */
  close(): Promise<void>;
  /** The pool changed: lets go of what may not last (UDP conversations whose endpoint left). */
  refresh(): void;
  /** Ends everything at once. */
  abort(): Promise<void>;
}
