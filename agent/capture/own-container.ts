/**
 * The id of the container that this process is in: Docker binds `/etc/hostname` from a folder of that name. '' = it
 * cannot be told. Where the namespace is another container's, it is that one's.
 */
export function readOwnContainer(mountInfo: string): string {
  const [line = ''] = mountInfo.split('\n').filter((each) => each.split(' ')[4] === '/etc/hostname');
  return /\/([0-9a-f]{64})\//.exec(line)?.[1] ?? '';
}
