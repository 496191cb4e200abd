/** The rules of the style guide that need a syntax tree, as an oxlint plugin. */
import { boundaries } from "./boundaries.js";
import { functionLength } from "./function-length.js";
import { subjects } from "./subjects.js";
import { world } from "./world.js";

// oxlint asks for the default export.
export default {
  meta: { name: "kubus" },
  rules: { boundaries, "function-length": functionLength, subjects, world },
};
