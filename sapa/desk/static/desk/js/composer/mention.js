/* @mention: what is being typed before the cursor, and which of the offered people is chosen. */
const BEFORE = /(?:^|[\s(\u00a0])@([^\s@\u00a0](?:[^@\n]{0,38}[^\s@\u00a0])?|)$/u;

/* {from, query} when the text before the cursor ends with a mention that is being typed, else null. */
export function mentionBefore(text) {
  const found = BEFORE.exec(text);
  return found && found[1].split(" ").length <= 3 ? { from: text.length - found[1].length - 1, query: found[1] } : null;
}

export class Choice {
  #items = [];
  index = 0;

  set items(items) {
    const kept = this.current?.id;
    this.#items = items;
    this.index = Math.max(0, items.findIndex((item) => item.id === kept));
  }

  get items() {
    return this.#items;
  }

  get current() {
    return this.#items[this.index];
  }

  move(step) {
    const { length } = this.#items;
    if (length) this.index = (this.index + step + length) % length;
  }
}
