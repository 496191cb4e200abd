/**
 * Who may import whom: services import libs and proto, never each other; libs import libs and
 * proto; deciding and ordering code imports nothing that reads or writes.
 */
import { dirname, resolve } from "node:path";
import { currentPath, isPure, isTest, pathOf, root } from "./place.js";

const areasOf = { libs: ["libs", "proto"], proto: ["proto"], services: ["libs", "proto"] };

/** Packages and node modules that a pure file may import: they compute. */
const pureImports = new Set([
  "xstate",
  "node:assert",
  "node:assert/strict",
  "node:buffer",
  "node:util",
]);

const ioLibs = /^libs\/(bus\/connect|actor\/(supervise|process))\.ts$/;

/** `services/store` for a service's file, else the top-level folder. */
function ownerOf(path) {
  const [top, second] = path.split("/");
  return top === "services" ? `services/${second}` : top;
}

/** Repository path that an import means; undefined for packages and node modules. */
function targetOf(from, source) {
  if (source.startsWith("#")) return source.slice(1);
  if (source.startsWith(".")) return pathOf(resolve(root, dirname(from), source));
  return undefined;
}

/** What is wrong with an import, in words; undefined when nothing is. */
function objection(from, source, typeOnly) {
  const target = targetOf(from, source);
  if (isPure(from) && !typeOnly) {
    const readsOrWrites =
      target === undefined
        ? !pureImports.has(source)
        : /\/(effects|main)\.ts$/.test(target) || ioLibs.test(target);
    if (readsOrWrites) return `${from} decides or orders: it may not import ${source}`;
  }
  if (target === undefined) return undefined;
  const owner = ownerOf(from);
  const targetOwner = ownerOf(target);
  if (owner === targetOwner) return undefined;
  const [top] = owner.split("/");
  const allowed = areasOf[top];
  if (allowed === undefined || allowed.includes(targetOwner)) return undefined;
  return `${owner} may not import ${targetOwner}`;
}

export const boundaries = {
  create(context) {
    const from = currentPath(context);
    const check = (node, source, typeOnly = false) => {
      if (typeof source?.value !== "string") return;
      // A test of a library may use a real server, which infra knows how to start.
      if (isTest(from) && source.value.includes("infra/")) return;
      const message = objection(from, source.value, typeOnly);
      if (message) context.report({ node, message });
    };
    return {
      ImportDeclaration: (node) => check(node, node.source, node.importKind === "type"),
      ExportNamedDeclaration: (node) => check(node, node.source, node.exportKind === "type"),
      ExportAllDeclaration: (node) => check(node, node.source, node.exportKind === "type"),
      ImportExpression: (node) => check(node, node.source),
      TSImportType: (node) => check(node, node.source ?? node.argument, true),
    };
  },
};
