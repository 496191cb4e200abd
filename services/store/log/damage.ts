/** What was stored is not what was written. Only a person can decide how to go on. */
export class DamagedError extends Error {
  override readonly name = "DamagedError";
}
