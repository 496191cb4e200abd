/** Functions have at most 70 lines; the callback of a describe only groups tests: no limit. */
const linesMax = 70;

const isGroup = ({ parent }) => {
  if (parent?.type !== "CallExpression") return false;
  let { callee } = parent;
  while (callee.type === "MemberExpression" || callee.type === "CallExpression") {
    callee = callee.type === "MemberExpression" ? callee.object : callee.callee;
  }
  return callee.type === "Identifier" && callee.name === "describe";
};

export const functionLength = {
  create(context) {
    const check = (node) => {
      if (!node.body || isGroup(node)) return;
      const { start, end } = node.loc;
      const lines = end.line - start.line + 1;
      if (lines <= linesMax) return;
      const message = `this function has ${lines} lines; ${linesMax} are the most`;
      context.report({ loc: { start, end: start }, message });
    };
    return {
      FunctionDeclaration: check,
      FunctionExpression: check,
      ArrowFunctionExpression: check,
    };
  },
};
