/* What this tab does in a conversation, and when the server must hear of it. No DOM: presence.js is its element. */

export const RENEW_MS = 12_000; // what the server knows expires after 30 s
export const TYPING_MS = 6_000;

export class Present {
  #doing = "";
  #timer;
  #typed = -Infinity;
  send;
  now;
  later;
  never;

  /** @param {{send: (doing: "viewing"|"typing"|"gone") => void, now?: () => number,
   *           later?: (work: () => void, ms: number) => any, never?: (timer: any) => void}} parts */
  constructor({ send, now = () => performance.now(), later = (work, ms) => setTimeout(work, ms), never = (timer) => clearTimeout(timer) }) {
    Object.assign(this, { send, now, later, never });
  }

  /** The conversation is looked at. */
  look() {
    this.#become("viewing");
  }

  /** A key was pressed in the composer; told once, not with each key. */
  type() {
    this.#typed = this.now();
    if (this.#doing !== "typing") this.#become("typing");
  }

  /** The tab is hidden, closed, or shows something else. */
  leave() {
    this.never(this.#timer);
    if (this.#doing) this.send("gone");
    this.#doing = "";
  }

  #become(doing) {
    this.never(this.#timer);
    this.#doing = doing;
    this.send(doing);
    this.#timer = this.later(() => this.#again(), doing === "typing" ? TYPING_MS : RENEW_MS);
  }

  #again() {
    this.#become(this.now() - this.#typed < TYPING_MS ? "typing" : "viewing");
  }
}
