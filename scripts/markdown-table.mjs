/** A Markdown table. Bars in cells are escaped. */
export function table(head, rows) {
  const line = (cells) =>
    `| ${cells.map((cell) => cell.trim().replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
