/** Reads a request's body up to a bound. */
import { requestEntityTooLarge } from "#libs/api/errors.ts";
import type { HttpRequest } from "../exchange.ts";

const empty = new Uint8Array(0);

/** Throws 413 for a body over `bytesMax`, without reading more of it. */
export async function readBody(request: HttpRequest, bytesMax: number): Promise<Uint8Array> {
  const declared = Number(request.header("content-length") ?? "0");
  if (declared > bytesMax) throw requestEntityTooLarge(`limit is ${bytesMax}`);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw requestEntityTooLarge(`limit is ${bytesMax}`);
    chunks.push(chunk);
  }
  if (chunks.length === 0) return empty;
  return chunks.length === 1 ? (chunks[0] ?? empty) : Buffer.concat(chunks);
}
