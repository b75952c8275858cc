/* <sapa-presence data-conversation="12" data-url="/presence">…who else is here…</sapa-presence>
   Says that this tab looks at (or types in) the conversation, and shows who else does. */
import { Present } from "./present.js";

const TAB = [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

class Presence extends HTMLElement {
  #listening = new AbortController();
  #present;
  #doing = "viewing";

  connectedCallback() {
    const { signal } = (this.#listening = new AbortController());
    const { conversation } = this.dataset;
    this.#present = new Present({ send: (doing) => this.#send(conversation, doing) });
    document.addEventListener("visibilitychange", () => this.#looked(), { signal });
    addEventListener("pagehide", () => this.#present.leave(), { signal });
    addEventListener("pageshow", ({ persisted }) => persisted && this.#looked(), { signal });
    document.addEventListener("input", ({ target }) => this.#typed(target), { signal });
    document.addEventListener("sapa:presence", ({ detail }) => String(detail.conversation) === conversation && this.#ask(), { signal });
    this.#looked();
  }

  disconnectedCallback() {
    this.#listening.abort();
    this.#present.leave();
  }

  #looked() {
    if (document.visibilityState === "visible") this.#present.look();
    else this.#present.leave();
  }

  #typed(target) {
    if (target instanceof Element && target.closest("sapa-composer, .composer")) this.#present.type();
  }

  /* Somebody came, went or began to type: the same request again shows it, and tells nobody anything new. */
  #ask() {
    if (document.visibilityState === "visible") this.#send(this.dataset.conversation, this.#doing);
  }

  async #send(conversation, doing) {
    const url = this.dataset.url ?? "/presence";
    const body = new FormData();
    Object.entries({ conversation, doing, tab: TAB, csrfmiddlewaretoken: token() }).forEach(([name, value]) => body.set(name, value));
    if (doing === "gone") return void navigator.sendBeacon(url, body);
    this.#doing = doing;
    const response = await fetch(url, { method: "POST", body, credentials: "same-origin", redirect: "error" }).catch(() => null);
    if (response?.ok && this.isConnected) this.innerHTML = await response.text();
  }
}

function token() {
  return JSON.parse(document.body.getAttribute("hx-headers") ?? "{}")["X-CSRFToken"] ?? "";
}

customElements.define("sapa-presence", Presence);
