// Says in a sentence that a passkey was not used, instead of only on the console.
// <sapa-passkeys class="problem" role="alert" hidden data-failed="…"></sapa-passkeys>

class Passkeys extends HTMLElement {
  #tell = (/** @type {Event} */ event) => {
    event.preventDefault();
    this.textContent = this.dataset.failed ?? "";
    this.hidden = false;
  };

  connectedCallback() {
    document.addEventListener("allauth.error", this.#tell);
  }

  disconnectedCallback() {
    document.removeEventListener("allauth.error", this.#tell);
  }
}

customElements.define("sapa-passkeys", Passkeys);
