/**
 * Applications that were paused so that they wait for their agents, by the id of the container. Written down before
 * each pause: whoever comes after a crash knows what to let go, and never touches what a user paused.
 */
export class HeldApps {
  readonly #ids: Set<string>;
  readonly #save: (ids: readonly string[]) => Promise<void>;

  constructor(ids: readonly string[], save: (ids: readonly string[]) => Promise<void>) {
    this.#ids = new Set(ids);
    this.#save = save;
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  async add(id: string): Promise<void> {
    this.#ids.add(id);
    await this.#save([...this.#ids]);
  }

  async remove(id: string): Promise<void> {
    if (this.#ids.delete(id)) await this.#save([...this.#ids]);
  }

  get ids(): readonly string[] {
    return [...this.#ids];
  }
}
