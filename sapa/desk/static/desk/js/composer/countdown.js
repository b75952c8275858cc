/* Counts whole seconds down to nothing: tick(seconds) at once and each second, done() at the end unless it was stopped. */
export class Countdown {
  #timer = 0;
  #end;
  #now;

  constructor(seconds, { tick, done = () => {}, now = () => Date.now() }) {
    this.#now = now;
    this.#end = now() + seconds * 1000;
    this.tick = tick;
    this.done = done;
  }

  get left() {
    return Math.max(0, Math.ceil((this.#end - this.#now()) / 1000));
  }

  start() {
    const { left } = this;
    if (!left) return this.done();
    this.tick(left);
    // By the clock, not by counting: a tab in the background is woken late.
    this.#timer = setTimeout(() => this.start(), this.#end - this.#now() - (left - 1) * 1000);
  }

  stop() {
    clearTimeout(this.#timer);
  }
}
