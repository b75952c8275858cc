/* <sapa-desk data-view data-selected data-pane data-label>: the workspace. Holds #views, #rows, #thread and #side.
   Opens conversations without loading the page anew, and follows what happens: "sapa:changed" {conversation, advance}
   after one's own changes, "sapa:live" {kind, conversation, message} from the live stream. */
import "./frames.js";
import { List } from "./list.js";
import { Pane } from "./pane.js";

const GATHER_MS = 40;
const COUNTS_MS = 2500;
const MOST_AT_ONCE = 12;
const FOLLOW_MS = 120;
const SIDE_KEY = "sapa.side";

class Desk extends HTMLElement {
  #listening = new AbortController();
  #list;
  #pane;
  #changed = new Set();
  #gathering = 0;
  #counting = 0;
  #following = 0;

  connectedCallback() {
    const { signal } = (this.#listening = new AbortController());
    const { view } = this.dataset;
    this.#list = new List(this.querySelector("#rows"), view);
    this.#pane = new Pane(this.querySelector("#thread"), this.querySelector("#side"), view);
    if (localStorage.getItem(SIDE_KEY) === "closed") this.dataset.side = "closed";
    this.addEventListener("click", (event) => this.#clicked(event), { signal });
    this.addEventListener("sapa:read", (event) => this.#read(event.detail.conversation), { signal });
    this.addEventListener("sapa:gone", () => this.#gone(), { signal });
    document.addEventListener("keydown", (event) => this.#key(event), { signal });
    document.addEventListener("sapa:changed", (event) => this.#own(event.detail), { signal });
    document.addEventListener("sapa:live", (event) => this.#happened(event.detail), { signal });
    document.addEventListener("visibilitychange", () => this.#pane.markSeen(), { signal });
    window.addEventListener("popstate", () => this.#back(), { signal });
    this.#list.current?.scrollIntoView({ block: "nearest" });
    this.#pane.ready();
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  async show(id, { push = true } = {}) {
    this.#list.select(id);
    if (push && location.pathname !== this.#path(id)) history.pushState({}, "", this.#path(id));
    this.dataset.pane = "thread";
    if (this.#pane.id !== String(id)) await this.#pane.show(id);
  }

  close() {
    this.#pane.clear();
    this.#list.current?.removeAttribute("aria-current");
    this.dataset.pane = "list";
    document.title = `${this.dataset.label} · Sapa`;
  }

  #gone() {
    history.replaceState({}, "", this.#path());
    this.close();
    document.dispatchEvent(new CustomEvent("sapa:toast", { detail: { text: document.querySelector("sapa-toasts").dataset.gone } }));
  }

  #path(id) {
    return id ? `/inbox/${this.dataset.view}/${id}/` : `/inbox/${this.dataset.view}/`;
  }

  #back() {
    const id = location.pathname.match(/^\/inbox\/[^/]+\/(\d+)\/$/)?.[1];
    if (id) this.show(id, { push: false });
    else this.close();
  }

  #clicked(event) {
    if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const row = event.target.closest(".row");
    const pane = event.target.closest("button[data-pane]");
    if (row) {
      event.preventDefault();
      this.show(row.dataset.id);
    } else if (event.target.closest(".back")) {
      event.preventDefault();
      history.pushState({}, "", this.#path());
      const { id } = this.#pane;
      this.close();
      this.#list.row(id)?.focus();
    } else if (pane) this.#togglePane(pane.dataset.pane);
    else if (this.dataset.pane === "views" && !event.target.closest("#views")) this.dataset.pane = "list";
  }

  #togglePane(name) {
    const base = this.#pane.id ? "thread" : "list";
    const side = this.querySelector("#side");
    if (name === "side" && getComputedStyle(side).position !== "absolute" && innerWidth > 1180) {
      if (this.dataset.side === "closed") delete this.dataset.side;
      else this.dataset.side = "closed";
      localStorage.setItem(SIDE_KEY, this.dataset.side ?? "");
    } else this.dataset.pane = this.dataset.pane === name ? base : name;
  }

  #key(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && ["side", "views"].includes(this.dataset.pane)) {
      this.dataset.pane = this.#pane.id ? "thread" : "list";
      return;
    }
    if (document.body.dataset.singleKeys === "off" || isTyping(event) || document.querySelector("dialog[open], :popover-open:not(sapa-toasts)")) return;
    if (event.key === "j" || event.key === "k") this.#move(event.key === "j" ? 1 : -1);
    else if (event.key === "o") (document.activeElement?.closest(".row") ?? this.#list.neighbour(0))?.click();
    else return;
    event.preventDefault();
  }

  #move(step) {
    const row = this.#list.neighbour(step);
    if (!row) return;
    row.focus();
    row.scrollIntoView({ block: "nearest" });
    clearTimeout(this.#following);
    if (this.#pane.id && innerWidth > 760) this.#following = setTimeout(() => this.show(row.dataset.id), FOLLOW_MS);
  }

  #read(id) {
    this.#list.read(id);
    this.#recount();
  }

  /* One's own change is shown at once; what comes of it over the stream is then the same again. */
  #own({ conversation, advance, unread }) {
    if (unread) this.#pane.forgetSeen();
    this.#refresh([conversation], { advance });
    this.#recount();
  }

  #happened({ conversation, kind }) {
    if (kind === "reset") return void this.#everything();
    if (!conversation) return;
    this.#changed.add(conversation);
    this.#gathering ||= setTimeout(() => {
      const ids = [...this.#changed];
      this.#changed.clear();
      this.#gathering = 0;
      this.#refresh(ids);
    }, GATHER_MS);
    this.#recount();
  }

  async #refresh(ids, { advance = false } = {}) {
    const isOpen = ids.some((id) => String(id) === this.#pane.id);
    const thread = isOpen ? Promise.all([this.#pane.refresh(), this.#pane.refreshSide()]) : null;
    if (ids.length > MOST_AT_ONCE) await this.#list.reload();
    else
      for (const id of ids) {
        const next = await this.#list.refresh(id);
        if (next && advance && String(id) === this.#pane.id && innerWidth > 760) await this.show(next.dataset.id);
      }
    await thread;
  }

  #everything() {
    this.#list.reload();
    this.#pane.refresh();
    this.#pane.refreshSide();
    this.#recount();
  }

  #recount() {
    this.#counting ||= setTimeout(() => {
      this.#counting = 0;
      if (document.visibilityState === "visible") window.htmx.trigger("#views", "refresh");
    }, COUNTS_MS);
  }
}

export function isTyping(event) {
  return Boolean(event.target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]:not([contenteditable=false])"));
}

customElements.define("sapa-desk", Desk);
