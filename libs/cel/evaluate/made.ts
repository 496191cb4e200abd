/** Values that an evaluation builds. */
import { ArrayList, CelObject, EntryMap, type Value } from "../values/value.ts";

/** An accumulator that nobody else holds, so that it may grow in place. */
export class OpenList extends ArrayList {
  readonly #values: Value[];

  constructor() {
    const values: Value[] = [];
    super(values);
    this.#values = values;
  }

  add(values: Iterable<Value>): this {
    for (const value of values) this.#values.push(value);
    return this;
  }
}

/** An accumulator like {@link OpenList}. */
export class OpenMap extends EntryMap {
  closed(): EntryMap {
    return this.copy();
  }
}

/** What a literal such as `Object{metadata: …}` makes. */
export class MadeObject extends CelObject {
  readonly typeName: string;
  readonly #values: ReadonlyMap<string, Value>;

  constructor(typeName: string, values: ReadonlyMap<string, Value>) {
    super();
    this.typeName = typeName;
    this.#values = values;
  }

  has(field: string): boolean {
    return this.#values.has(field);
  }

  get(field: string): Value | undefined {
    return this.#values.get(field);
  }

  fields(): Iterable<string> {
    return this.#values.keys();
  }
}
