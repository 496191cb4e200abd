/** Terminal sizes as clients send them: JSON objects one behind the other. */
import type { TerminalSize } from "#libs/bus/session/index.ts";

/** Bytes that are kept of an object that is not complete. */
const textMax = 1_024;
const sideMax = 65_535;

/** Takes text apart that comes in pieces; what is no size is passed over. */
export class SizeReader {
  #text = "";

  push(piece: Uint8Array): TerminalSize[] {
    this.#text += Buffer.from(piece).toString("latin1");
    const sizes: TerminalSize[] = [];
    for (let end = this.#text.indexOf("}"); end >= 0; end = this.#text.indexOf("}")) {
      const size = sizeOf(this.#text.slice(this.#text.lastIndexOf("{", end), end + 1));
      if (size) sizes.push(size);
      this.#text = this.#text.slice(end + 1);
    }
    this.#text = this.#text.slice(-textMax);
    return sizes;
  }
}

function sizeOf(text: string): TerminalSize | undefined {
  try {
    const { Width: width, Height: height } = JSON.parse(text) as Record<string, unknown>;
    return isSide(width) && isSide(height) ? { width, height } : undefined;
  } catch {
    return undefined;
  }
}

const isSide = (value: unknown): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= sideMax;
