/** What the texts of literals stand for. */

const simple: Readonly<Record<string, string>> = {
  ...{ a: "\u0007", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" },
  ...{ '"': '"', "'": "'", "`": "`", "\\": "\\", "?": "?" },
};
const escapes =
  /\\(?:([xX][0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|(.))/gsu;

/** The text between the quotes of a string token. Undefined for a code point that is none. */
export function stringValue(token: string): string | undefined {
  const { isRaw, inner } = unquoted(token);
  if (isRaw) return inner;
  let isSound = true;
  const text = inner.replace(escapes, (_, hex, short, long, octal, plain) => {
    if (plain !== undefined) return simple[plain as string] ?? "";
    const code = codeOf(hex as string, short as string, long as string, octal as string);
    isSound &&= code <= 0x10_ff_ff && !(code >= 0xd8_00 && code <= 0xdf_ff);
    return isSound ? String.fromCodePoint(code) : "";
  });
  return isSound ? text : undefined;
}

/** The bytes of a bytes token: escapes name bytes, all else is UTF-8. */
export function bytesValue(token: string): Uint8Array | undefined {
  const { isRaw, inner } = unquoted(token.slice(1));
  const encoder = new TextEncoder();
  if (isRaw) return encoder.encode(inner);
  const parts: number[] = [];
  let last = 0;
  for (const match of inner.matchAll(escapes)) {
    parts.push(...encoder.encode(inner.slice(last, match.index)));
    const [whole, hex, short, long, octal, plain] = match;
    // Code points have no place in bytes.
    if (short !== undefined || long !== undefined) return undefined;
    if (plain === undefined) parts.push(codeOf(hex, short, long, octal));
    else parts.push(...encoder.encode(simple[plain] ?? ""));
    last = match.index + whole.length;
  }
  parts.push(...encoder.encode(inner.slice(last)));
  return Uint8Array.from(parts);
}

function codeOf(hex?: string, short?: string, long?: string, octal?: string): number {
  if (hex !== undefined) return Number.parseInt(hex.slice(1), 16);
  if (octal !== undefined) return Number.parseInt(octal, 8);
  return Number.parseInt(short ?? long ?? "", 16);
}

function unquoted(token: string): { isRaw: boolean; inner: string } {
  const isRaw = /^[rR]/.test(token);
  const body = isRaw ? token.slice(1) : token;
  const quotes = body.startsWith('"""') || body.startsWith("'''") ? 3 : 1;
  return { isRaw, inner: body.slice(quotes, -quotes) };
}

const int64Min = -(1n << 63n);
const int64Max = (1n << 63n) - 1n;
const uint64Max = (1n << 64n) - 1n;

/** Undefined when it does not fit in 64 bits. */
export function intValue(text: string): bigint | undefined {
  const value = text.startsWith("-") ? -BigInt(text.slice(1)) : BigInt(text);
  return value >= int64Min && value <= int64Max ? value : undefined;
}

/** Undefined when it does not fit in 64 bits. */
export function uintValue(text: string): bigint | undefined {
  const value = BigInt(text.slice(0, -1));
  return value <= uint64Max ? value : undefined;
}
