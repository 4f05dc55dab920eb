import type { FileStore, StagedFile } from "../../core/ports.ts";

/** A process that ends at a step of its choice: nothing that it does afterwards has any effect. */
export class CrashingProcess implements AsyncDisposable {
  /** Steps so far: one before and one after each call to the outside world. */
  steps = 0;
  readonly #left: AsyncDisposable[] = [];

  /** @param lastStep the step that is still done; Infinity for a process that goes on */
  constructor(readonly lastStep: number) {}

  get crashed(): boolean {
    return this.steps > this.lastStep;
  }

  /** The port as this process sees it; its methods must return promises. */
  port<Port extends object>(port: Port): Port {
    return new Proxy(port, {
      get: (target, name) => {
        const value = Reflect.get(target, name);
        return typeof value === "function" ? this.#method(value.bind(target)) : value;
      },
    });
  }

  /** The same for files, with what is staged among them. */
  files(files: FileStore): FileStore {
    const { stage, recover } = files;
    return {
      ...this.port(files),
      open: this.#method(files.open),
      remove: this.#method(files.remove),
      settle: this.#method(files.settle),
      stage: this.#method(async (bytes) => this.#staged(await stage(bytes))),
      recover: () => this.#each(recover()),
    };
  }

  /** Gives back what the process held when it ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const held of this.#left) await held[Symbol.asyncDispose]();
  }

  #step(): void {
    this.steps++;
    if (this.crashed) throw new Error("the process has ended");
  }

  #method<Args extends unknown[], Result>(method: (...args: Args) => Promise<Result>) {
    return async (...args: Args): Promise<Result> => {
      this.#step();
      const result = await method(...args);
      this.#step();
      return result;
    };
  }

  #staged(staged: StagedFile): StagedFile {
    return {
      file: staged.file,
      source: staged.source,
      commit: this.#method(staged.commit),
      [Symbol.asyncDispose]: async () => {
        if (this.crashed) this.#left.push(staged);
        else await staged[Symbol.asyncDispose]();
      },
    };
  }

  async *#each<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
    for await (const item of items) {
      this.#step();
      yield item;
    }
    this.#step();
  }
}
