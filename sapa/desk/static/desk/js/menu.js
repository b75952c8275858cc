/* <sapa-menu><button aria-haspopup="menu">…</button><div class="menu" popover>…[.find input]…[.item]…</div></sapa-menu>
   Opens below (or above) its button; arrows move among the items, typing in the find field filters them by text; Esc closes and gives focus back. */
export class Menu extends HTMLElement {
  #listening = new AbortController();

  connectedCallback() {
    const { signal } = (this.#listening = new AbortController());
    // The browser's own relation: a second press on the button closes, and a press elsewhere too.
    if (this.button) this.button.popoverTargetElement = this.panel;
    this.addEventListener("click", (event) => this.#clicked(event), { signal });
    this.addEventListener("keydown", (event) => this.#key(event), { signal });
    this.addEventListener("input", (event) => event.target.closest(".find") && this.#filter(event.target.value), { signal });
    // Not before htmx knows the forms in it: Enter, pressed at once, would send one as a plain form.
    this.panel?.addEventListener("htmx:afterSettle", () => this.panel.matches(":popover-open") && this.#arrange(), { signal });
    this.panel?.addEventListener("toggle", (event) => this.#toggled(event.newState === "open"), { signal });
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  get button() {
    return this.querySelector(":scope > button");
  }

  get panel() {
    return this.querySelector(":scope > [popover]");
  }

  get items() {
    return [...this.panel.querySelectorAll(".item")].filter((item) => item.checkVisibility());
  }

  open() {
    if (!this.panel.matches(":popover-open")) this.panel.showPopover();
  }

  close() {
    if (this.panel.matches(":popover-open")) this.panel.hidePopover();
  }

  #clicked(event) {
    // Afterwards: a button that loses the focus before its form is sent would not be told to the server.
    if (event.target.closest(".item") && !event.target.closest("[data-stay]")) setTimeout(() => this.close());
  }

  #toggled(open) {
    if (!open) return;
    // «opened» makes htmx fetch the content of a menu that is not in the page.
    if (this.panel.hasAttribute("hx-get")) window.htmx.trigger(this.panel, "opened");
    this.#arrange();
  }

  /* Where it goes and what has the focus; again when its content has come. */
  #arrange() {
    this.#place();
    const find = this.panel.querySelector(".find input");
    if (find) {
      find.value = "";
      this.#filter("");
    }
    (find ?? this.panel.querySelector("[data-first]") ?? this.panel.querySelector("[aria-checked=true], [aria-current]") ?? this.items[0] ?? this.panel.querySelector("input"))?.focus();
  }

  #place() {
    const at = this.button.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.panel;
    const below = at.bottom + 4 + height <= innerHeight - 8;
    const left = at.left + width <= innerWidth - 8 ? at.left : at.right - width;
    this.panel.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
    this.panel.style.top = `${below ? at.bottom + 4 : Math.max(8, at.top - 4 - height)}px`;
  }

  #filter(text) {
    const words = text.trim().toLocaleLowerCase().split(/\s+/);
    for (const item of this.panel.querySelectorAll(".item")) {
      const label = item.textContent.toLocaleLowerCase();
      item.hidden = !item.hasAttribute("data-always") && !words.every((word) => label.includes(word));
    }
  }

  #key(event) {
    if (!this.panel.matches(":popover-open")) return;
    const { items } = this;
    const here = items.indexOf(document.activeElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      items[(here + step + items.length) % items.length]?.focus();
    } else if (event.key === "Enter" && event.target.closest(".find")) {
      event.preventDefault();
      items[0]?.click();
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      this.close();
      this.button.focus();
    } else if (event.key.length === 1 && !event.target.matches("input, textarea, select")) {
      event.stopPropagation(); // single keys belong to the menu while it is open
    }
  }
}

customElements.define("sapa-menu", Menu);
