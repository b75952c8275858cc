/* <sapa-toasts data-offline data-failed data-gone data-signed-out data-close>: sentences at the edge of the page.
   Shown for the event "sapa:toast" {text, kind: "" | "bad", undo: {label, url, values}} (also sent by the server in HX-Trigger), and for failed requests. */
const STAYS = 6000;
const STAYS_WITH_ACTION = 10000;

export class Toasts extends HTMLElement {
  #listening = new AbortController();

  connectedCallback() {
    const { signal } = (this.#listening = new AbortController());
    document.addEventListener("sapa:toast", (event) => this.show(event.detail), { signal });
    document.addEventListener("htmx:sendError", () => this.#fail("offline"), { signal });
    document.addEventListener("htmx:timeout", () => this.#fail("offline"), { signal });
    document.addEventListener("htmx:responseError", (event) => this.#refused(event.detail.xhr), { signal });
    if (this.children.length) this.#raise();
    for (const toast of this.children) this.#leave(toast, STAYS);
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  show({ text, kind = "", undo = null }) {
    const toast = document.createElement("div");
    toast.className = `toast ${kind}`;
    toast.append(Object.assign(document.createElement("span"), { textContent: text }));
    if (undo) toast.append(this.#undo(undo, toast));
    const close = Object.assign(document.createElement("button"), { className: "close", type: "button", textContent: "×", ariaLabel: this.dataset.close });
    close.addEventListener("click", () => this.#drop(toast));
    toast.append(close);
    this.append(toast);
    while (this.children.length > 3) this.firstElementChild.remove();
    this.#raise();
    this.#leave(toast, undo ? STAYS_WITH_ACTION : STAYS);
    return toast;
  }

  #undo({ label, url, values }, toast) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: label });
    button.addEventListener("click", () => {
      this.#drop(toast);
      window.htmx.ajax("POST", url, { values, swap: "none" });
    });
    return button;
  }

  #refused(xhr) {
    if (xhr.status === 422 || xhr.getResponseHeader("HX-Trigger")?.includes("sapa:toast")) return; // it said so itself
    this.#fail(xhr.status === 404 ? "gone" : xhr.status === 401 ? "signedOut" : "failed");
  }

  #fail(name) {
    const text = this.dataset[name];
    if (![...this.children].some((toast) => toast.firstElementChild?.textContent === text)) this.show({ text, kind: "bad" });
  }

  /* The top layer is a stack: shown again, it lies above a dialog that was opened after it. */
  #raise() {
    if (this.matches(":popover-open")) this.hidePopover();
    this.showPopover();
  }

  #leave(toast, after) {
    const wait = () => (toast.matches(":hover, :focus-within") ? setTimeout(wait, 1000) : this.#drop(toast));
    setTimeout(wait, after);
  }

  #drop(toast) {
    toast.remove();
    if (!this.children.length && this.matches(":popover-open")) this.hidePopover();
  }
}

export function toast(detail) {
  document.dispatchEvent(new CustomEvent("sapa:toast", { detail }));
}

customElements.define("sapa-toasts", Toasts);
