/** A table of Markdown; what would end a cell is escaped. */
export const table = (titles, rows) =>
  [titles, titles.map(() => '---'), ...rows].map((cells) => `| ${cells.map(cell).join(' | ')} |`).join('\n');

const cell = (text) => String(text).replaceAll('|', '\\|').replaceAll('\n', ' ');

export const page = (title, source, text) =>
  `# ${title}\n\nMade by \`npm run reference\` from ${source}; do not edit.\n\n${text.trim()}\n`;
