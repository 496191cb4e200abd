/** Reading PEM as Go does (encoding/pem), whose mercies clients rely on. */

export interface PemBlock {
  readonly type: string;
  readonly hasHeaders: boolean;
  readonly bytes: Buffer;
}

const beginning = /(?<=^|\n)-----BEGIN ([^\n]*?)-----[ \t\r]*(?:\n|$)/g;
const headers = /^(?:[^:\n]*:[^\n]*\n)+/;
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The blocks of a text, in their order; what is between them, or damaged, is skipped. */
export function* pemBlocks(text: string): Generator<PemBlock> {
  let readTo = 0;
  for (const { index, 0: line, 1: type = "" } of text.matchAll(beginning)) {
    if (index < readTo) continue;
    const start = index + line.length;
    const header = headers.exec(text.slice(start))?.[0] ?? "";
    const bodyAt = start + header.length;
    const end = `-----END ${type}-----`;
    const endAt = text.startsWith(end, bodyAt) ? bodyAt : text.indexOf(`\n${end}`, bodyAt);
    if (endAt === -1) continue;
    const body = text.slice(bodyAt, endAt).replaceAll(/[ \t\r\n]/g, "");
    if (!base64.test(body)) continue;
    readTo = endAt + end.length;
    yield { type, hasHeaders: header !== "", bytes: Buffer.from(body, "base64") };
  }
}
