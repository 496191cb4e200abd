import { compileFunction } from "node:vm";

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

  /** The function; `name` is what stack traces call its file. */
  compile<Made extends (...values: never[]) => unknown>(parameters: string, name: string): Made {
    const names = this.#values.map((_, index) => `$${index}`);
    const body = `"use strict"; return (${parameters}) => {\n${this.#lines.join("\n")}\n};`;
    const make = compileFunction(body, names, { filename: name }) as (...values: unknown[]) => Made;
    return make(...this.#values);
  }
}

/** A text as a literal of the language. */
export const literal = (text: string): string => JSON.stringify(text);
