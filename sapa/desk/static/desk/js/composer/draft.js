/* Keeps a draft on the server: one save at a time, a moment after the last change, again when the connection comes back.
   save(content, version) → {ok, version, others, problem, sentence}; it rejects when the server cannot be reached.
   tell(state, answer): "changed", "saving", "saved", "offline", "refused". */
export class DraftKeeper {
  #save;
  #read;
  #tell;
  #wait;
  #retry;
  #timer = 0;
  #running = null;
  #dirty = false;
  #stopped = false;

  /** @param {{save: Function, read: Function, tell?: Function, version?: number, wait?: number, retry?: number}} parts */
  constructor({ save, read, tell = () => {}, version = 0, wait = 1000, retry = 4000 }) {
    this.#save = save;
    this.#read = read;
    this.#tell = tell;
    this.#wait = wait;
    this.#retry = retry;
    this.version = version;
  }

  get isDirty() {
    return this.#dirty;
  }

  changed() {
    if (this.#stopped) return;
    this.#dirty = true;
    this.#tell("changed");
    this.#later(this.#wait);
  }

  /* Everything typed so far is on the server when this resolves to true. */
  async flush() {
    clearTimeout(this.#timer);
    while (this.#running) await this.#running;
    if (!this.#dirty || this.#stopped) return !this.#dirty;
    this.#running = this.#once();
    const isSaved = await this.#running;
    return isSaved && !this.#dirty;
  }

  /* The draft has been sent or thrown away: nothing may save it again. Waits for a save that is under way. */
  async stop() {
    this.#stopped = true;
    this.#dirty = false;
    clearTimeout(this.#timer);
    while (this.#running) await this.#running;
  }

  #later(milliseconds) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), milliseconds);
  }

  async #once() {
    this.#dirty = false;
    this.#tell("saving");
    try {
      const answer = await this.#save(this.#read(), this.version);
      if (answer.version) this.version = answer.version;
      this.#tell(answer.ok ? "saved" : "refused", answer);
      return Boolean(answer.ok);
    } catch {
      this.#dirty = true;
      this.#tell("offline");
      if (!this.#stopped) this.#later(this.#retry);
      return false;
    } finally {
      this.#running = null;
    }
  }
}
