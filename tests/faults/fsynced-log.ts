import { type FileHandle, open } from "node:fs/promises";

/** Lines of JSON that are on disk once `append` resolves. Lines that wait at once share one fsync. */
export class FsyncedLog {
  readonly #file: FileHandle;
  #waiting: { line: string; done: () => void }[] = [];
  #isWriting = false;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async open(path: string): Promise<FsyncedLog> {
    return new FsyncedLog(await open(path, "a"));
  }

  append(record: object): Promise<void> {
    return new Promise((done) => {
      this.#waiting.push({ line: `${JSON.stringify(record)}\n`, done });
      void this.#write();
    });
  }

  /** Only when everything that was appended is on disk. */
  async close(): Promise<void> {
    await this.#file.close();
  }

  async #write(): Promise<void> {
    if (this.#isWriting) return;
    this.#isWriting = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      await this.#file.appendFile(batch.map(({ line }) => line).join(""));
      await this.#file.datasync();
      for (const { done } of batch) done();
    }
    this.#isWriting = false;
  }
}
