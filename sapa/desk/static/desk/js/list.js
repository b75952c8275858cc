/* The rows of a list: which is open, moving among them, and keeping each in its place while things happen. */
import htmx from "htmx.org";
import { Idiomorph } from "idiomorph";
import { fragment, parsed } from "./fetch.js";
import { firstBelow } from "./order.js";

export class List {
  #element;
  #view;

  constructor(element, view) {
    this.#element = element;
    this.#view = view;
  }

  get rows() {
    return [...this.#element.querySelectorAll(".row")];
  }

  row(id) {
    return this.#element.querySelector(`#c${id}`);
  }

  get current() {
    return this.#element.querySelector('.row[aria-current="true"]');
  }

  select(id) {
    this.current?.removeAttribute("aria-current");
    const row = this.row(id);
    row?.setAttribute("aria-current", "true");
    row?.scrollIntoView({ block: "nearest" });
  }

  read(id) {
    this.row(id)?.classList.remove("unread");
  }

  /* The row `step` below the focused (else the open) one; the first when there is neither. */
  neighbour(step) {
    const { rows } = this;
    const here = rows.indexOf(document.activeElement?.closest?.(".row") ?? this.current);
    if (here < 0) return rows[0];
    return rows[Math.min(rows.length - 1, Math.max(0, here + step))];
  }

  /* Fetch one row and put it where it belongs now; gives the row that took its place when it left the list. */
  async refresh(id) {
    const html = await fragment(`/inbox/${this.#view}/${id}/row`, { quiet: true });
    if (html === null) return undefined;
    const old = this.row(id);
    if (!html.trim()) return this.#remove(old);
    const fresh = parsed(html).querySelector(".row");
    const isOpen = old?.getAttribute("aria-current");
    if (isOpen) fresh.setAttribute("aria-current", isOpen);
    if (old && old.dataset.at === fresh.dataset.at) Idiomorph.morph(old, fresh, { morphStyle: "outerHTML" });
    else this.#place(old, fresh);
    return undefined;
  }

  #remove(old) {
    if (!old) return undefined;
    const next = old.nextElementSibling?.matches(".row") ? old.nextElementSibling : old.previousElementSibling;
    const hadFocus = old === document.activeElement;
    old.remove();
    if (hadFocus) next?.focus({ preventScroll: true });
    return next ?? undefined;
  }

  #place(old, fresh) {
    const hadFocus = old === document.activeElement;
    const below = firstBelow(this.rows.filter((row) => row !== old), fresh.dataset.at);
    old?.remove();
    const more = this.#element.querySelector(".more");
    if (!below && more) return; // it belongs to a page that has not been loaded
    this.#element.insertBefore(fresh, below ?? more);
    if (!old || old.dataset.at !== fresh.dataset.at) fresh.classList.add("arrived");
    if (hadFocus) fresh.focus({ preventScroll: true });
  }

  /* The first page anew, after too much happened at once to follow each. */
  async reload() {
    const html = await fragment(`/inbox/${this.#view}/`, { quiet: true });
    if (html === null) return;
    const open = this.current?.dataset.id;
    Idiomorph.morph(this.#element, html, { morphStyle: "innerHTML" });
    htmx.process(this.#element);
    if (open) this.row(open)?.setAttribute("aria-current", "true");
  }
}
