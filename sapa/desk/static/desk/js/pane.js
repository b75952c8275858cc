/* The pane of the open conversation: shown, refreshed in place, marked as seen; and the panel beside it. */
import htmx from "htmx.org";
import { Idiomorph } from "idiomorph";
import { fragment, parsed } from "./fetch.js";

export class Pane {
  #thread;
  #side;
  #view;
  #loading = new AbortController();
  #seen = "";

  constructor(thread, side, view) {
    this.#thread = thread;
    this.#side = side;
    this.#view = view;
  }

  get open() {
    return this.#thread.querySelector(":scope > .open");
  }

  get id() {
    return this.open?.dataset.conversation ?? "";
  }

  /* Show a conversation; false when another was asked for meanwhile, or it cannot be shown. */
  async show(id) {
    this.#loading.abort();
    const { signal } = (this.#loading = new AbortController());
    const [thread, side] = await Promise.all([
      fragment(`/conversations/${id}/thread?view=${this.#view}`, { signal }),
      fragment(`/conversations/${id}/side`, { signal, quiet: true }),
    ]);
    if (thread === null) return false;
    this.#thread.innerHTML = thread;
    this.#side.innerHTML = side ?? "";
    htmx.process(this.#thread);
    htmx.process(this.#side);
    this.ready();
    return true;
  }

  /* After the thread stands in the page, by whichever way. */
  ready() {
    if (!this.open) return;
    document.title = `${this.open.dataset.title} · Sapa`;
    this.#toEnd();
    this.markSeen();
    document.dispatchEvent(new CustomEvent("sapa:opened", { detail: { conversation: Number(this.id) } }));
  }

  /* Fetch head and messages anew from the first message on that is shown; the composer and frames of mail stay as they are. */
  async refresh() {
    const { id } = this;
    if (!id) return;
    const first = this.#thread.querySelector(".message")?.dataset.message;
    const html = await fragment(`/conversations/${id}/thread?view=${this.#view}${first ? `&since=${first}` : ""}`, { quiet: true, gone: () => this.#gone(id) });
    if (html === null || this.id !== id) return;
    const fresh = parsed(html);
    const messages = this.#messages;
    const wasAtEnd = this.#isAtEnd();
    const earlier = messages.querySelector("#earlier");
    this.#morphHead(fresh.querySelector("#thread-head"));
    Idiomorph.morph(messages, fresh.querySelector("#messages").innerHTML, { morphStyle: "innerHTML", callbacks: KEEP });
    if (earlier && !messages.querySelector("#earlier")) messages.prepend(earlier);
    htmx.process(messages);
    Object.assign(this.open.dataset, fresh.querySelector(".open").dataset);
    document.title = `${this.open.dataset.title} · Sapa`;
    if (wasAtEnd) this.#toEnd();
    this.markSeen();
  }

  /* Given to somebody else, and no longer seen by this person. */
  #gone(id) {
    if (this.id === id) this.#thread.dispatchEvent(new CustomEvent("sapa:gone", { bubbles: true, detail: { conversation: id } }));
  }

  async refreshSide() {
    const { id } = this;
    if (!id || this.#side.contains(document.activeElement)) return;
    const html = await fragment(`/conversations/${id}/side`, { quiet: true });
    if (html === null || this.id !== id) return;
    Idiomorph.morph(this.#side, html, { morphStyle: "innerHTML" });
    htmx.process(this.#side);
  }

  /* Tell the server how far this person has read, once for each newest message and only while the page is looked at. */
  markSeen() {
    const { newest, conversation } = this.open?.dataset ?? {};
    if (!newest || newest === "0" || document.visibilityState !== "visible" || this.#seen === `${conversation}.${newest}`) return;
    this.#seen = `${conversation}.${newest}`;
    htmx.ajax("post", `/conversations/${conversation}/seen`, { values: { message: newest }, swap: "none", source: this.#thread });
    this.#thread.dispatchEvent(new CustomEvent("sapa:read", { bubbles: true, detail: { conversation } }));
  }

  /* The next look counts anew (after «mark as unread»). */
  forgetSeen() {
    this.#seen = `${this.id}.${this.open?.dataset.newest}`;
  }

  clear() {
    this.#loading.abort();
    this.open?.remove();
    this.#side.replaceChildren();
  }

  get #messages() {
    return this.#thread.querySelector("#messages");
  }

  /* A menu that is open in the head must not close because somebody wrote. */
  #morphHead(fresh) {
    const head = this.#thread.querySelector("#thread-head");
    if (head.querySelector(":popover-open, dialog[open]")) return;
    const focus = head.contains(document.activeElement) ? document.activeElement.closest("sapa-menu, form")?.id : "";
    Idiomorph.morph(head, fresh, { morphStyle: "outerHTML", callbacks: KEEP });
    htmx.process(this.#thread.querySelector("#thread-head"));
    if (focus) document.getElementById(focus)?.querySelector("button")?.focus({ preventScroll: true });
  }

  #isAtEnd() {
    const box = this.#messages;
    return box.scrollHeight - box.scrollTop - box.clientHeight < 80;
  }

  #toEnd() {
    const box = this.#messages;
    if (box) box.scrollTop = box.scrollHeight;
  }
}

/* What the page itself changed since it was fetched, and must not lose: heights of frames, opened folds, who is here. */
const KEEP = {
  beforeNodeMorphed: (old) => !(old.nodeType === 1 && (old.matches("iframe") || old.matches("sapa-presence"))),
  beforeAttributeUpdated: (name, node) => !(name === "open" && node.matches("details")) && name !== "aria-expanded" && name !== "popovertarget",
};
