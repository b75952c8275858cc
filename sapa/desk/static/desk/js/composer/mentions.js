/* The list of colleagues that opens below an @ in a note: a listbox beside the text, moved through without leaving it. */
import { Choice, mentionBefore } from "./mention.js";

const WAIT = 120;

export class Mentions {
  #editor;
  #list;
  #find;
  #choice = new Choice();
  #typed = null;
  #timer = 0;
  #asked = 0;

  /* find(query) → [{id, name, email}] */
  constructor(editor, list, { find, signal }) {
    this.#editor = editor;
    this.#list = list;
    this.#find = find;
    const { root } = editor;
    root.setAttribute("aria-haspopup", "listbox");
    root.setAttribute("aria-autocomplete", "list");
    root.setAttribute("aria-controls", list.id);
    root.addEventListener("keydown", (event) => this.#key(event), { capture: true, signal });
    root.addEventListener("blur", () => this.close(), { signal });
    list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const option = event.target.closest("[role=option]");
      if (option) this.#take(this.#choice.items[[...list.children].indexOf(option)]);
    }, { signal });
  }

  get isOpen() {
    return this.#list.matches(":popover-open");
  }

  look() {
    this.#typed = mentionBefore(this.#editor.textBefore ?? "");
    clearTimeout(this.#timer);
    if (!this.#typed) return this.close();
    const { query } = this.#typed;
    this.#timer = setTimeout(() => this.#ask(query), WAIT);
  }

  close() {
    clearTimeout(this.#timer);
    this.#asked += 1;
    if (this.isOpen) this.#list.hidePopover();
    this.#editor.root.removeAttribute("aria-activedescendant");
  }

  async #ask(query) {
    const asked = (this.#asked += 1);
    const items = await this.#find(query).catch(() => []);
    if (asked !== this.#asked || this.#typed?.query !== query) return;
    if (!items.length) return this.close();
    this.#choice.items = items;
    this.#show();
  }

  #show() {
    this.#list.replaceChildren(...this.#choice.items.map(({ id, name, email }, index) => {
      const option = document.createElement("div");
      Object.assign(option, { id: `${this.#list.id}-${id}`, className: "item" });
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", String(index === this.#choice.index));
      option.append(Object.assign(document.createElement("b"), { textContent: name }), Object.assign(document.createElement("small"), { textContent: email }));
      return option;
    }));
    if (!this.isOpen) this.#list.showPopover();
    this.#place();
    this.#editor.root.setAttribute("aria-activedescendant", `${this.#list.id}-${this.#choice.current.id}`);
    this.#list.children[this.#choice.index].scrollIntoView({ block: "nearest" });
  }

  #place() {
    const at = this.#editor.cursor;
    const { offsetWidth: width, offsetHeight: height } = this.#list;
    const fitsBelow = at.bottom + 4 + height < innerHeight - 8;
    this.#list.style.left = `${Math.max(8, Math.min(at.left, innerWidth - width - 8))}px`;
    this.#list.style.top = `${fitsBelow ? at.bottom + 4 : Math.max(8, at.top - 4 - height)}px`;
  }

  #key(event) {
    if (!this.isOpen || event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      this.#choice.move(step);
      this.#show();
    } else if (event.key === "Escape") {
      this.close();
    } else if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === "Tab") {
      this.#take(this.#choice.current);
    } else {
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  #take(person) {
    if (!person || !this.#typed) return;
    const mention = document.createElement("span");
    mention.dataset.mention = String(person.id);
    mention.textContent = `@${person.name}`;
    this.close();
    this.#editor.replaceBefore(this.#typed.query.length + 1, `${mention.outerHTML}\u00a0`);
    this.#typed = null;
  }
}
