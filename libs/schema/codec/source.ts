/** Text of a function that is being composed, and the values that it refers to. */
export class Source {
  readonly #lines: string[] = [];
  readonly #values: unknown[] = [];

  line(text: string): void {
    this.#lines.push(text);
  }

  /** Text that means the value inside of the function. */
  refer(value: unknown): string {
    this.#values.push(value);
    return `$${this.#values.length - 1}`;
  }

  /** The function. Text that comes from outside must have gone through {@link literal}. */
  compile<Made extends (...values: never[]) => unknown>(parameters: string): Made {
    const names = this.#values.map((_, index) => `$${index}`);
    const body = `return (${parameters}) => {\n${this.#lines.join("\n")}\n};`;
    return new Function(...names, body)(...this.#values) as Made;
  }
}

/** A text as a literal of the language. */
export const literal = (text: string): string => JSON.stringify(text);
