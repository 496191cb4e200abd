/** The log was cut behind a newer snapshot while this store was reading what was cut. */
export class OutrunError extends Error {
  override readonly name = "OutrunError";
}
