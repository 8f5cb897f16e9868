import { getBorderCharacters, table } from "table";

/** Controls would move the cursor of the terminal; devices choose their own names. */
const clean = (cell: string): string => cell.replaceAll(/\p{Cc}+/gu, " ");

/** Columns under their names, as wide as they need be. Empty columns are left out. */
export const showTable = (names: readonly string[], rows: readonly (readonly string[])[]): string => {
  const filled = names.map((_, column) => rows.some((row) => (row[column] ?? "") !== ""));
  const cells = [names, ...rows].map((row) => names.flatMap((_, column) => (filled[column] ? [clean(row[column] ?? "")] : [])));
  if (rows.length === 0 || cells[0]?.length === 0) return "";
  const text = table(cells, { border: getBorderCharacters("void"), columnDefault: { paddingLeft: 0, paddingRight: 2 }, drawHorizontalLine: () => false });
  return text.replaceAll(/ +$/gm, "");
};

export const showJson = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
