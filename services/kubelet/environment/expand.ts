/** `$(NAME)` in commands, arguments and values: pure. */

/**
 * Puts variables in. `$$` is one dollar sign; a name that is not known stays as it is written.
 */
export function expand(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(/\$(\$|\(([^)]*)\))/g, (whole: string, mark: string, name = "") => {
    if (mark === "$") return "$";
    return Object.hasOwn(variables, name as string) ? (variables[name as string] ?? "") : whole;
  });
}
