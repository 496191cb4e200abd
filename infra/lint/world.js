/**
 * Time, chance, identity and timers come from libs/actor only, so that a simulator can stand in.
 * Tests may look at the clock, but they wait for something observable and never for time.
 */
import { currentPath, isTest } from "./place.js";

const readings = new Set(["Date.now", "Math.random", "performance.now", "crypto.randomUUID"]);
const timers = new Set(["setTimeout", "setInterval", "setImmediate"]);
const timerModules = new Set(["timers", "node:timers", "timers/promises", "node:timers/promises"]);
const cryptoModules = new Set(["crypto", "node:crypto"]);
const identities = new Set(["randomUUID"]);

const onlyHere = "comes from a World of libs/actor only";

export const world = {
  create(context) {
    const path = currentPath(context);
    // What runs before TypeScript can be run cannot import a World.
    if (path.startsWith("libs/actor/") || path.endsWith(".mjs")) return {};
    const test = isTest(path);
    const report = (node, name) => context.report({ node, message: `${name} ${onlyHere}` });
    return {
      CallExpression({ callee }) {
        if (callee.type === "Identifier" && timers.has(callee.name)) report(callee, callee.name);
      },
      MemberExpression(node) {
        const name = `${node.object.name}.${node.property.name}`;
        if (!test && readings.has(name)) report(node, name);
        if (node.object.name === "globalThis" && timers.has(node.property.name)) report(node, name);
      },
      NewExpression(node) {
        const isNow = node.callee.name === "Date" && node.arguments.length === 0;
        if (isNow && !test) report(node, "the present time");
      },
      ImportDeclaration(node) {
        const { value } = node.source;
        if (timerModules.has(value)) report(node, value);
        if (test || !cryptoModules.has(value)) return;
        for (const { imported } of node.specifiers) {
          if (identities.has(imported?.name)) report(node, imported.name);
        }
      },
    };
  },
};
