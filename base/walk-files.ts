/** What stands in a folder. */
export interface Entry {
  readonly name: string;
  /** Set for a folder, also behind a link: two with the same one are the same folder. */
  readonly folder: string | null;
  readonly isLink: boolean;
}

/**
 * Paths of all files below a folder, sorted. A folder that several links lead to is read once, by its own name where it
 * has one, so links in a circle end. `list` gives nothing for a folder that is gone.
 * @param root what `Entry.folder` is for the folder itself
 */
export async function walkFiles(
  root: string,
  list: (path: string) => Promise<readonly Entry[]>,
): Promise<string[]> {
  const files: string[] = [];
  const seen = new Set<string>([root]);
  const links: { path: string; folder: string }[] = [];
  const walk = async (path: string): Promise<void> => {
    for (const { name, folder, isLink } of await list(path)) {
      const inside = path === '' ? name : `${path}/${name}`;
      if (folder === null) files.push(inside);
      else if (isLink) links.push({ path: inside, folder });
      else if (!seen.has(folder)) {
        seen.add(folder);
        await walk(inside);
      }
    }
  };
  await walk('');
  for (let link = links.shift(); link !== undefined; link = links.shift()) {
    if (seen.has(link.folder)) continue;
    seen.add(link.folder);
    await walk(link.path);
  }
  return files.sort();
}
