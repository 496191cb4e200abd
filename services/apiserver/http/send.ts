/** Writes answers: whole ones in one piece, long ones at the client's pace, big ones compressed. */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { constants, createGzip, gzip } from "node:zlib";
import { commonHeaders, type Exchange } from "./context.ts";
import type { Headers, HttpRequest, HttpResponse } from "./exchange.ts";

const compress = promisify(gzip);

/** Kubernetes compresses answers from this size on. */
const gzipBytesMin = 128 * 1024;
const gzipLevel = constants.Z_BEST_SPEED;
/** Pieces of a list are gathered up to this size. */
const writeBytesMax = 64 * 1024;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
}

/** True when the client takes gzip. */
export const takesGzip = (request: HttpRequest): boolean =>
  /(^|,)\s*gzip\s*(;|,|$)/.test(request.header("accept-encoding") ?? "");

/** A whole answer with its length; compressed from 128 KiB on where the client takes that. */
export async function sendBytes(
  response: HttpResponse,
  { status, headers }: Answer,
  bytes: Uint8Array,
  gzipAllowed: boolean,
): Promise<void> {
  if (!gzipAllowed || bytes.length < gzipBytesMin) {
    response.begin(status, { ...headers, "content-length": String(bytes.length) });
    response.end(bytes);
    return;
  }
  const packed = await compress(bytes, { level: gzipLevel });
  const length = String(packed.length);
  response.begin(status, { ...packedHeaders(headers), "content-length": length });
  response.end(packed);
}

/** A form that was chosen by Accept varies by that as well. */
const packedHeaders = ({ vary = [], ...headers }: Headers): Headers => ({
  ...headers,
  "content-encoding": "gzip",
  vary: [vary, "Accept-Encoding"].flat(),
});

/** Plain text, which no browser shall take for something else. */
export async function sendText(exchange: Exchange, status: number, text: string): Promise<void> {
  const headers = {
    ...commonHeaders(exchange),
    "content-type": "text/plain; charset=utf-8",
    "x-content-type-options": "nosniff",
  };
  await sendBytes(exchange.response, { status, headers }, Buffer.from(text), false);
}

/** Writes the pieces one after the other and waits whenever the client falls behind. */
export async function sendParts(
  response: HttpResponse,
  { status, headers }: Answer,
  parts: Iterable<Uint8Array>,
  gzipAllowed: boolean,
): Promise<void> {
  const pieces = [...parts];
  const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  if (bytes <= writeBytesMax) {
    await sendBytes(response, { status, headers }, Buffer.concat(pieces), false);
    return;
  }
  if (gzipAllowed && bytes >= gzipBytesMin) {
    response.begin(status, packedHeaders(headers));
    await writeCompressed(response, pieces);
  } else {
    response.begin(status, { ...headers, "content-length": String(bytes) });
    await writeAll(response, pieces);
  }
  response.end();
}

async function writeAll(response: HttpResponse, pieces: readonly Uint8Array[]): Promise<void> {
  for (const batch of batches(pieces)) {
    if (response.closed) return;
    if (!response.writeAll(batch)) await response.drained();
  }
}

async function writeCompressed(
  response: HttpResponse,
  pieces: readonly Uint8Array[],
): Promise<void> {
  const packer = createGzip({ level: gzipLevel });
  await pipeline(Readable.from(gathered(pieces)), packer, async (packed: AsyncIterable<Buffer>) => {
    for await (const chunk of packed) {
      if (response.closed) return;
      if (!response.write(chunk)) await response.drained();
    }
  });
}

function* gathered(pieces: readonly Uint8Array[]): Generator<Uint8Array> {
  for (const batch of batches(pieces)) yield Buffer.concat(batch);
}

/** Runs of pieces of `writeBytesMax` bytes or a little more. */
function* batches(pieces: readonly Uint8Array[]): Generator<Uint8Array[]> {
  let batch: Uint8Array[] = [];
  let bytes = 0;
  for (const piece of pieces) {
    batch.push(piece);
    bytes += piece.length;
    if (bytes < writeBytesMax) continue;
    yield batch;
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield batch;
}
