/** The text of an expression, and how its faults are shown. */

export interface Place {
  /** From 1. */
  readonly line: number;
  /** From 0, in characters. */
  readonly column: number;
}

export interface Fault {
  /** Offset in characters. */
  readonly offset: number;
  readonly message: string;
}

export class Source {
  readonly text: string;
  /** Code points: that is what positions count. */
  readonly characters: readonly string[];
  readonly #lineStarts: readonly number[];

  constructor(text: string) {
    this.text = text;
    this.characters = [...text];
    const starts = [0];
    for (const [index, character] of this.characters.entries()) {
      if (character === "\n") starts.push(index + 1);
    }
    this.#lineStarts = starts;
  }

  place(offset: number): Place {
    let line = this.#lineStarts.length;
    while (line > 1 && (this.#lineStarts[line - 1] ?? 0) > offset) line -= 1;
    return { line, column: offset - (this.#lineStarts[line - 1] ?? 0) };
  }

  /** Faults in the order of their places, as cel-go prints them: each with its line and a mark. */
  describe(faults: readonly Fault[]): string {
    return faults
      .toSorted((a, b) => a.offset - b.offset)
      .map((fault) => this.#describe(fault))
      .join("\n");
  }

  #describe({ offset, message }: Fault): string {
    // An empty expression has no first character, and nothing to show.
    if (this.text === "") return `ERROR: <input>:1:0: ${message}`;
    const { line, column } = this.place(offset);
    const text = this.text.split("\n")[line - 1] ?? "";
    const mark = `${".".repeat(column)}^`;
    return `ERROR: <input>:${line}:${column + 1}: ${message}\n | ${text}\n | ${mark}`;
  }
}
