/* <sapa-palette data-search>: a field and a list of everything one can do here. Commands are the elements of the page with data-command
   (pressed when chosen) and the links of its own <template>; words that match none search, and #123 goes to that number. */
const MOST = 60;

class Palette extends HTMLElement {
  #chosen = 0;
  #listening = new AbortController();

  connectedCallback() {
    const { signal } = (this.#listening = new AbortController());
    this.closest("dialog").addEventListener("toggle", (event) => (event.newState === "open" ? this.#opened() : (this.input.value = "")), { signal });
    this.input.addEventListener("input", () => this.#fill(), { signal });
    this.addEventListener("keydown", (event) => this.#key(event), { signal });
    this.addEventListener("click", (event) => this.#run(event.target.closest("[role=option]")), { signal });
    this.addEventListener("mousemove", (event) => this.#point(event.target.closest("[role=option]")), { signal });
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  get input() {
    return this.querySelector("input");
  }

  get list() {
    return this.querySelector("[role=listbox]");
  }

  #opened() {
    this.#fill(); // the field was emptied when it closed: what was typed before this event came is kept
    this.input.focus();
  }

  #commands() {
    const found = [...document.querySelectorAll("[data-command]")].filter((element) => element.closest("[popover], [hidden]") || element.checkVisibility());
    // What one can do with the open conversation comes first, then where one can go.
    found.sort((a, b) => Number(Boolean(b.closest("#thread"))) - Number(Boolean(a.closest("#thread"))));
    const seen = new Set();
    const commands = [];
    for (const element of found) {
      const label = element.dataset.command;
      if (seen.has(label)) continue;
      seen.add(label);
      commands.push({ label, hint: element.dataset.key?.toUpperCase() ?? element.dataset.hint ?? "", run: () => element.click() });
    }
    const places = [...this.querySelector("template").content.querySelectorAll("a")];
    for (const place of places) commands.push({ label: place.textContent.trim(), hint: place.title, run: () => location.assign(place.getAttribute("href")) });
    return commands;
  }

  #fill() {
    const text = this.input.value.trim();
    const words = text.toLocaleLowerCase().split(/\s+/);
    const matching = this.#commands().filter(({ label }) => words.every((word) => label.toLocaleLowerCase().includes(word)));
    if (text) matching.push({ label: this.dataset.search.replace("%s", text), hint: "↵", run: () => location.assign(`/search/?q=${encodeURIComponent(text)}`) });
    this.#chosen = 0;
    this.list.replaceChildren(...matching.slice(0, MOST).map((command, position) => this.#option(command, position)));
    this.#choose(0);
  }

  #option({ label, hint, run }, position) {
    const option = Object.assign(document.createElement("li"), { id: `command-${position}`, role: "option" });
    option.append(Object.assign(document.createElement("span"), { className: "clip", textContent: label }));
    if (hint) option.append(Object.assign(document.createElement("small"), { textContent: hint }));
    option.run = run;
    return option;
  }

  #choose(position) {
    const options = [...this.list.children];
    this.#chosen = Math.max(0, Math.min(options.length - 1, position));
    options.forEach((option, index) => option.setAttribute("aria-selected", String(index === this.#chosen)));
    options[this.#chosen]?.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", options[this.#chosen]?.id ?? "");
  }

  #point(option) {
    const position = [...this.list.children].indexOf(option);
    if (position >= 0 && position !== this.#chosen) this.#choose(position);
  }

  #key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    if (step) this.#choose(this.#chosen + step);
    else if (event.key === "Enter") this.#run(this.list.children[this.#chosen]);
    else return;
    event.preventDefault();
  }

  #run(option) {
    if (!option) return;
    this.closest("dialog").close();
    option.run();
  }
}

customElements.define("sapa-palette", Palette);
