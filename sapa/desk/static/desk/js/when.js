/* <sapa-when>: a form whose parts show only when they matter.

   <sapa-when><form>
     <select name="auth">…</select>
     <div data-when="auth=xoauth2 other">shown while the field `auth` has one of these values</div>
     <p data-when="preset=google" data-fill="host=imap.gmail.com&port=993">when chosen, also fills these fields</p>
   </form></sapa-when>
   Without the script everything is shown. */

class When extends HTMLElement {
  connectedCallback() {
    this.addEventListener("change", this.#changed);
    this.#show();
  }

  disconnectedCallback() {
    this.removeEventListener("change", this.#changed);
  }

  #changed = (/** @type {Event} */ event) => {
    const field = /** @type {HTMLInputElement} */ (event.target);
    for (const part of this.#parts()) {
      const [name, values] = split(part);
      if (part.dataset.fill && name === field.name && values.includes(field.value)) this.#fill(part.dataset.fill);
    }
    this.#show();
  };

  /** @returns {HTMLElement[]} */
  #parts() {
    return [...this.querySelectorAll("[data-when]")].map((part) => /** @type {HTMLElement} */ (part));
  }

  #show() {
    const form = this.querySelector("form");
    if (!form) return;
    const now = new FormData(form);
    for (const part of this.#parts()) {
      const [name, values] = split(part);
      part.hidden = !values.includes(String(now.get(name) ?? ""));
    }
  }

  #fill(/** @type {string} */ text) {
    const form = this.querySelector("form");
    for (const [name, value] of new URLSearchParams(text)) {
      const field = form?.elements.namedItem(name);
      if (field && "value" in field) field.value = value;
    }
  }
}

/** @param {HTMLElement} part @returns {[string, string[]]} */
function split(part) {
  const [name, values] = (part.dataset.when ?? "").split("=");
  return [name, values.split(" ")];
}

customElements.define("sapa-when", When);
