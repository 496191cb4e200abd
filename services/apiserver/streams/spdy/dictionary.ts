/**
 * What both sides of a SPDY/3 connection know before the first header is compressed: the words of
 * section 2.6.10.1 of the protocol's third draft, in its order.
 */

/** Each with its length before it, as in a block of names and values. */
const words = [
  "options head post put delete trace accept accept-charset accept-encoding accept-language",
  "accept-ranges age allow authorization cache-control connection content-base content-encoding",
  "content-language content-length content-location content-md5 content-range content-type date",
  "etag expect expires from host if-match if-modified-since if-none-match if-range",
  "if-unmodified-since last-modified location max-forwards pragma proxy-authenticate",
  "proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade",
  "user-agent vary via warning www-authenticate method get status",
]
  .join(" ")
  .split(" ");

const phrases = "200 OK|version|HTTP/1.1|url|public|set-cookie|keep-alive|origin".split("|");

/** The rest runs together. */
const rest = [
  "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505",
  "203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request",
  "401 Unauthorized403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented",
  "503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00",
  " Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT",
  "chunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,",
  "text/plain,text/javascript,publicprivatemax-age=gzip,deflate,sdch",
  "charset=utf-8charset=iso-8859-1,utf-,*,enq=0.",
].join("");

function withLength(word: string): Buffer {
  const bytes = Buffer.alloc(4 + word.length);
  bytes.writeUInt32BE(word.length);
  bytes.write(word, 4, "latin1");
  return bytes;
}

export const dictionary = Buffer.concat([
  ...[...words, ...phrases].map(withLength),
  Buffer.from(rest, "latin1"),
]);

/** Adler-32 of the dictionary: a compressed stream names it. */
export const dictionaryId = 0xe3c6a7c2;
