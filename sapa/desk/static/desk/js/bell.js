/* <sapa-bell data-unread data-desktop data-…texts>: the bell of the rail, inside an element that htmx fills.
   Fetches itself anew when something happened, shows new notifications on the desktop, and the count in the page's title. */
import { Notices, titled } from "./notices.js";

// Notifications are made by a follower, a moment after the event itself; the second look is for a slow moment.
const LOOK_AFTER = [400, 2500];
const KINDS = new Set(["message.created", "case.assigned", "message.state_changed", "reset"]);

class Bell extends HTMLElement {
  #listening = new AbortController();
  #timers = [];
  #title = new MutationObserver(() => this.#badge());

  connectedCallback() {
    const { signal } = (this.#listening = new AbortController());
    document.addEventListener("sapa:live", (event) => KINDS.has(event.detail.kind) && this.#soon(), { signal });
    // Opening a conversation marks what was told about it as read.
    document.addEventListener("htmx:afterRequest", (event) => event.detail.pathInfo?.requestPath?.endsWith("/seen") && this.#refresh(), { signal });
    document.addEventListener("visibilitychange", () => document.hidden || this.#soon(), { signal });
    this.addEventListener("htmx:afterRequest", (event) => event.target.matches("[data-refresh]") && this.#refresh(true), { signal });
    this.addEventListener("change", (event) => event.target.name === "desktop" && this.#desktop(event.target), { signal });
    this.#title.observe(document.querySelector("title"), { childList: true });
    this.#badge();
    this.#show();
  }

  disconnectedCallback() {
    this.#listening.abort();
    this.#title.disconnect();
    this.#timers.forEach(clearTimeout);
  }

  #soon() {
    this.#timers.forEach(clearTimeout);
    this.#timers = LOOK_AFTER.map((wait) => setTimeout(() => this.#refresh(), wait));
  }

  #refresh(always = false) {
    if (!this.isConnected || (!always && this.querySelector(":popover-open"))) return;
    fetch("/notifications/bell", { headers: { "HX-Request": "true" } })
      .then((answer) => (answer.ok && !answer.redirected ? answer.text() : ""))
      .then((html) => html && this.#become(html))
      .catch(() => {}); // the next event asks again
  }

  /* What is in it changes; the element itself stays, and so do its timers. */
  #become(html) {
    const page = document.createElement("template");
    page.innerHTML = html;
    const fresh = page.content.querySelector("sapa-bell");
    if (!fresh || (this.querySelector(":popover-open") && fresh.dataset.unread === this.dataset.unread)) return;
    Object.assign(this.dataset, fresh.dataset);
    const hadFocus = this.contains(document.activeElement);
    this.replaceChildren(...fresh.childNodes);
    window.htmx.process(this);
    if (hadFocus) this.querySelector(".ring").focus();
    this.#badge();
    this.#show();
  }

  #badge() {
    const wanted = titled(document.title, Number(this.dataset.unread));
    if (document.title !== wanted) document.title = wanted;
  }

  /* One tab shows them: the lock lets the tabs look one after another, and what one has shown the next finds remembered. */
  #show() {
    const told = [...this.querySelectorAll("[data-told]")].map((link) => ({
      id: Number(link.dataset.told),
      unread: link.parentElement.matches(".unread"),
      title: link.querySelector("b").textContent,
      body: [...link.querySelectorAll("span, small")].map((line) => line.textContent.trim()).join("\n"),
      url: link.href,
    }));
    const look = () => new Notices(localStorage).fresh(told).forEach((one) => this.#notify(one));
    if (navigator.locks) navigator.locks.request("sapa.told", look);
    else look();
  }

  #notify({ id, title, body, url }) {
    if (this.dataset.desktop !== "on" || !("Notification" in window) || Notification.permission !== "granted" || document.hasFocus()) return;
    const shown = new Notification(title, { body, tag: `sapa-${id}`, icon: document.querySelector("link[rel=icon]")?.href });
    shown.addEventListener("click", () => {
      window.focus();
      location.assign(url);
      shown.close();
    });
  }

  async #desktop(box) {
    if (box.checked && (await window.Notification?.requestPermission()) !== "granted") {
      box.checked = false;
      return this.#say("refused", "bad");
    }
    this.dataset.desktop = box.checked ? "on" : "off";
    await window.htmx.ajax("post", "/notifications/desktop", { values: { on: box.checked ? "1" : "" }, swap: "none", source: this });
    this.#say(this.dataset.desktop);
  }

  #say(name, kind = "") {
    document.dispatchEvent(new CustomEvent("sapa:toast", { detail: { text: this.dataset[name], kind } }));
  }
}

customElements.define("sapa-bell", Bell);
