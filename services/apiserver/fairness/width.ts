/** How many seats a request takes: lists by what they hold in memory, all others one. Pure. */
import type { RequestDigest } from "./classify.ts";

/** What is stored of a resource. */
export interface StoredSize {
  readonly count: number;
  readonly bytes: number;
}

/** Bytes in memory that take a seat, as Kubernetes reckons. */
const bytesPerSeat = 100_000;
/** A list leaves in pieces: more than this of it is never there at once. */
const listBytesMax = 1_000_000;
/** Seats of the widest list. */
const listSeatsMax = 10;

/**
 * Seats of a request, `seatsMax` at most. `name` is the one object that is asked for; undefined
 * sizes are of resources that are not stored here.
 */
export function widthOf(
  { verb, name }: Pick<RequestDigest, "verb"> & { readonly name: string },
  query: URLSearchParams,
  sizeOf: () => StoredSize | undefined,
  seatsMax: number,
): number {
  const initial = query.get("sendInitialEvents");
  const lists = verb === "list" || (verb === "watch" && initial === "true");
  if (!lists || name !== "") return 1;
  const size = sizeOf();
  if (size === undefined || size.count === 0) return 1;
  const limit = Number(query.get("limit") ?? 0);
  const shown = limit > 0 ? Math.min(limit, size.count) : size.count;
  const bytes = Math.min(listBytesMax, (shown * size.bytes) / size.count);
  const seats = Math.ceil(bytes / bytesPerSeat);
  return Math.max(1, Math.min(seats, seatsMax, listSeatsMax));
}
