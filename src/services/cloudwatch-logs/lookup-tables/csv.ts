/** Rows of a text of comma-separated values; what is quoted may have commas and lines in it, and a quote when it is doubled. */
export function rowsOfCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let value = "";
  let isQuoted = false;
  const endRow = (): void => {
    row.push(value);
    value = "";
    // A line without anything is no row.
    if (row.length > 1 || row[0] !== "") rows.push(row);
    row = [];
  };
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? "";
    if (isQuoted && char === '"' && text[at + 1] === '"') {
      value += '"';
      at++;
    } else if (char === '"') isQuoted = !isQuoted;
    else if (isQuoted) value += char;
    else if (char === ",") {
      row.push(value);
      value = "";
    } else if (char === "\n") endRow();
    else if (char !== "\r") value += char;
  }
  endRow();
  return rows;
}

const quoted = (value: string): string => (/[",\n\r]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
export const csvOf = (rows: readonly (readonly string[])[]): string => rows.map((row) => row.map(quoted).join(",")).join("\n");
