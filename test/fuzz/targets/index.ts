/** Every fuzzer, in the order in which they run. */
import type { Target } from "../target.ts";
import {
  fields,
  jsonBodies,
  optionBodies,
  protobufBodies,
  yamlBodies,
  yamlWriting,
} from "./bodies.ts";
import { applies, jsonPatches, mergePatches, strategicPatches } from "./patches.ts";
import {
  acceptHeaders,
  continueTokens,
  fieldSelectors,
  labelSelectors,
  quantityTexts,
  urls,
} from "./queries.ts";
import { objects, tables } from "./resources.ts";

export const targets: readonly Target[] = [
  jsonBodies,
  yamlBodies,
  yamlWriting,
  protobufBodies,
  fields,
  optionBodies,
  jsonPatches,
  mergePatches,
  strategicPatches,
  applies,
  labelSelectors,
  fieldSelectors,
  quantityTexts,
  urls,
  acceptHeaders,
  continueTokens,
  objects,
  tables,
];
