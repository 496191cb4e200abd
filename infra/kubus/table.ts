/** Tables as kubectl prints them. */

/** Columns two spaces apart. */
export async function tableText(
  header: readonly string[],
  rows: readonly (readonly string[])[],
): Promise<string> {
  const { default: Table } = await import("cli-table3");
  const none = { top: "", "top-mid": "", "top-left": "", "top-right": "" };
  const bottom = { bottom: "", "bottom-mid": "", "bottom-left": "", "bottom-right": "" };
  const sides = { left: "", "left-mid": "", mid: "", "mid-mid": "", right: "", "right-mid": "" };
  const table = new Table({
    head: [...header],
    chars: { ...none, ...bottom, ...sides, middle: "  " },
    style: { "padding-left": 0, "padding-right": 0, head: [], border: [] },
  });
  table.push(...rows.map((row) => [...row]));
  const lines = table.toString().split("\n");
  return `${lines.map((line) => line.trimEnd()).join("\n")}\n`;
}

const units = [
  { name: "d", ms: 86_400_000 },
  { name: "h", ms: 3_600_000 },
  { name: "m", ms: 60_000 },
  { name: "s", ms: 1_000 },
];

/** `3m`, `12s`: the largest unit of which there is at least two, as kubectl does. */
export function ageText(milliseconds: number): string {
  const unit = units.find(({ ms }) => milliseconds >= 2 * ms) ?? { name: "s", ms: 1_000 };
  return `${Math.max(0, Math.floor(milliseconds / unit.ms))}${unit.name}`;
}
