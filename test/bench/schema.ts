/** What reading and writing one pod costs a processor: protobuf, canonical form, JSON. No test. */
import { readFileSync } from "node:fs";
import { codecOf, readObject, schemaOf } from "#libs/schema/index.ts";

/** One measured number. */
export interface Measured {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

const message = "k8s.core.v1.Pod";
const timesOfRound = 5_000;
const rounds = 6;

export async function run(): Promise<Measured[]> {
  const file = new URL("../../libs/schema/testdata/pod.json", import.meta.url);
  const text = JSON.stringify(JSON.parse(readFileSync(file, "utf8")));
  const given: unknown = JSON.parse(text);
  const schema = schemaOf(message);
  const codec = codecOf<object>(message);
  const { object } = readObject(schema, given);
  const bytes = codec.encode(object);
  return [
    { name: "size as JSON", value: text.length, unit: "B" },
    { name: "size as protobuf", value: bytes.length, unit: "B" },
    measured("decode", () => codec.decode(bytes)),
    measured("encode", () => codec.encode(object)),
    measured("canonical form", () => readObject(schema, given)),
    measured("JSON.parse", () => JSON.parse(text) as unknown),
    measured("JSON.stringify", () => JSON.stringify(object)),
  ];
}

/** Processor time of the best round: others may run beside it. */
function measured(name: string, once: () => unknown): Measured {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round += 1) {
    const before = process.cpuUsage();
    for (let time = 0; time < timesOfRound; time += 1) once();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / timesOfRound);
  }
  return { name, value: best, unit: "µs" };
}
