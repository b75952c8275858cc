/* <sapa-composer data-conversation data-kind data-version data-url data-limit data-most data-…texts>
     <form> [role=tablist] .banner .lines .toolbar .link-form .text textarea .files .foot </form>
   Makes the plain form of desk/composer/_composer.html rich; without this script the form posts a textarea. */
import { DraftKeeper } from "./draft.js";
import { isPasteOfFiles, isPicture, Room } from "./files.js";
import { FileList } from "./list.js";
import { Mentions } from "./mentions.js";
import { asToolbar } from "./toolbar.js";
import { offerUndo } from "./undo.js";

const TYPING_EVERY = 3000;
const EDITOR_ID = (sessionStorage.sapaEditor ??= crypto.randomUUID?.() ?? String(Math.random()).slice(2));

export class Composer extends HTMLElement {
  #listening = new AbortController();
  #editor = null;
  #keeper = null;
  #files = null;
  #mentions = null;
  #typingAt = 0;
  #sending = false;
  #seen = "";

  async connectedCallback() {
    const { signal } = (this.#listening = new AbortController());
    const { Editor } = await import("./editor.js");
    if (signal.aborted) return;
    const text = this.querySelector(".text");
    this.#editor = new Editor(text, { pictures: `${this.dataset.url}draft/files/`, html: text.innerHTML });
    this.#seen = text.innerHTML;
    this.#keeper = new DraftKeeper({
      version: Number(this.dataset.version),
      read: () => this.#content(),
      save: (content, version) => this.#post("draft", { ...content, version }),
      tell: (state, answer) => this.#tell(state, answer),
    });
    const room = new Room({ limit: Number(this.dataset.limit), most: Number(this.dataset.most), count: this.querySelectorAll(".files li").length });
    this.#files = new FileList(this.querySelector(".files"), { room, texts: this.dataset, url: `${this.dataset.url}draft/files`, values: () => this.#secret(), refuse: (sentence) => this.#refuse(sentence) });
    this.#listen(signal);
    if (this.dataset.kind === "note") this.#mentions = new Mentions(this.#editor, this.querySelector(".mentions"), { find: (query) => this.#colleagues(query), signal });
    if (this.hasAttribute("data-focus")) this.focus();
    this.toggleAttribute("ready", true);
  }

  disconnectedCallback() {
    if (!this.#sending) this.#keeper?.flush();
    this.#files?.stop();
    this.#listening.abort();
    this.#editor?.destroy();
    this.#editor = null;
  }

  focus() {
    this.#editor?.focus();
  }

  /* --- what happens --- */

  #listen(signal) {
    const on = (target, name, listener, options = {}) => target.addEventListener(name, listener, { signal, ...options });
    this.#editor.on("input", () => this.#changed());
    this.#editor.on("cursor", () => this.#moved());
    this.#editor.on("pathChange", () => this.#moved());
    on(this, "input", (event) => event.target.matches(".lines input") && this.#addressed());
    on(this, "keydown", (event) => this.#key(event), { capture: true });
    on(this.querySelector("form"), "submit", (event) => this.#submitted(event));
    on(this, "click", (event) => this.#clicked(event));
    on(this.querySelector(".text"), "paste", (event) => this.#pasted(event), { capture: true });
    on(this, "dragover", (event) => this.#over(event));
    on(this, "dragleave", () => this.classList.remove("over"));
    on(this, "drop", (event) => this.#dropped(event), { capture: true });
    on(this.querySelector("input[type=file]"), "change", (event) => this.#chosen(event.target));
    on(document, "sapa:taken-back", (event) => event.detail.conversation === Number(this.dataset.conversation) && this.#takenBack());
    on(document, "sapa:live", (event) => this.#heard(event.detail));
    on(window, "pagehide", () => this.#keeper.flush());
    on(document, "visibilitychange", () => document.hidden && this.#keeper.flush());
    asToolbar(this.querySelector(".toolbar"), { signal });
    this.#keepEnd(signal);
  }

  /* The composer grows while it is used: who was looking at the newest message still sees it. */
  #keepEnd(signal) {
    const messages = document.getElementById("messages");
    if (!messages) return;
    let height = messages.clientHeight;
    const watch = new ResizeObserver(() => {
      if (messages.scrollHeight - messages.scrollTop - height < 80) messages.scrollTop = messages.scrollHeight;
      height = messages.clientHeight;
    });
    watch.observe(messages);
    signal.addEventListener("abort", () => watch.disconnect());
  }

  #changed() {
    const { innerHTML } = this.#editor.root;
    if (innerHTML === this.#seen) return; // the editor put its own house in order
    this.#seen = innerHTML;
    this.#keeper.changed();
    this.#refuse("");
    this.#moved();
    this.#mentions?.look();
    const now = Date.now();
    if (now - this.#typingAt < TYPING_EVERY) return;
    this.#typingAt = now;
    this.dispatchEvent(new CustomEvent("sapa:typing", { bubbles: true, detail: { conversation: Number(this.dataset.conversation), kind: this.dataset.kind } }));
  }

  #addressed() {
    this.#keeper.changed();
    this.#refuse("");
  }

  #moved() {
    for (const button of this.querySelectorAll(".toolbar [aria-pressed]")) button.setAttribute("aria-pressed", String(this.#editor.has(button.dataset.format)));
  }

  #key(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      event.stopPropagation();
      this.querySelector(".send").click();
    } else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && event.target === this.#editor.root) {
      event.preventDefault();
      event.stopPropagation();
      this.#askLink();
    } else if (event.key === "Enter" && event.target.closest(".link-form")) {
      event.preventDefault();
      this.#link();
    } else if (event.key === "Escape" && event.target.closest(".link-form")) {
      event.stopPropagation();
      this.#closeLink();
    } else if (event.target.matches("[role=tab]") && ["ArrowLeft", "ArrowRight"].includes(event.key)) {
      const tabs = [...this.querySelectorAll("[role=tab]")];
      tabs[(tabs.indexOf(event.target) + 1) % tabs.length].focus();
    }
  }

  #clicked(event) {
    const button = event.target.closest("button, [role=tab]");
    if (!button) return;
    if (button.dataset.format) this.#format(button);
    else if (button.matches("[role=tab]")) this.#open(event, button);
    else if (button.matches(".attach")) this.querySelector("input[type=file]").click();
    else if (button.matches(".more-lines")) this.#moreLines(button);
    else if (button.matches(".discard")) this.#discard(event);
    else if (button.matches(".take-other, .drop-other")) this.#settle(event, button);
    else if (button.matches(".show-new")) this.#showNew(event);
    else if (button.matches(".link-form button")) button.type === "button" && (button.matches(".apply") ? this.#link() : this.#closeLink());
  }

  /* --- formatting --- */

  #format(button) {
    const { format } = button.dataset;
    if (format === "link" && !this.#editor.has("link")) return this.#askLink();
    this.#editor.toggle(format);
    this.#moved();
  }

  #askLink() {
    const form = this.querySelector(".link-form");
    form.hidden = false;
    form.querySelector("input").value = this.#editor.linkAtCursor;
    form.querySelector("input").focus();
  }

  #link() {
    const input = this.querySelector(".link-form input");
    const isGood = input.value.trim() && this.#editor.link(input.value.trim());
    input.toggleAttribute("aria-invalid", !isGood);
    if (isGood) this.#closeLink();
  }

  #closeLink() {
    this.querySelector(".link-form").hidden = true;
    this.#editor.root.focus();
  }

  #moreLines(button) {
    for (const line of this.querySelectorAll(".lines [hidden]")) line.hidden = false;
    button.remove();
    this.querySelector("[name=cc]").focus();
  }

  /* --- files --- */

  #pasted(event) {
    const { files } = event.clipboardData;
    if (!isPasteOfFiles({ files: files.length, html: event.clipboardData.getData("text/html") })) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.#add([...files], { inText: true });
  }

  #over(event) {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    this.classList.add("over");
  }

  #dropped(event) {
    this.classList.remove("over");
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.#add([...event.dataTransfer.files], { inText: Boolean(event.target.closest(".text")) });
  }

  #chosen(input) {
    this.#add([...input.files], { inText: false });
    input.value = "";
  }

  async #add(files, { inText }) {
    for (const file of files) {
      const inline = inText && isPicture(file);
      const added = await this.#files.add(file, { kind: this.dataset.kind, inline: inline ? "1" : "" });
      if (!added || !this.#editor) continue;
      if (added.content_id) this.#editor.insertPicture(added);
    }
  }

  /* --- saving --- */

  #content() {
    return { kind: this.dataset.kind, html: this.#editor.html, editor: EDITOR_ID, ...this.#lines() };
  }

  #lines() {
    return Object.fromEntries([...this.querySelectorAll(".lines input")].map((input) => [input.name, input.value]));
  }

  #tell(state, answer) {
    const said = { saving: this.dataset.saving, saved: this.dataset.saved, offline: this.dataset.offline, refused: answer?.sentence }[state];
    const place = this.querySelector(".state");
    place.textContent = said ?? "";
    place.classList.toggle("bad", state === "offline" || state === "refused");
    if (answer?.others?.length) this.#showOther(answer.others[0]);
  }

  #showOther(html) {
    const banner = this.querySelector(".banner.other");
    banner.querySelector("blockquote").textContent = new DOMParser().parseFromString(html, "text/html").body.textContent.slice(0, 300);
    banner.dataset.html = html;
    banner.hidden = false;
  }

  async #settle(event, button) {
    event.preventDefault();
    const banner = this.querySelector(".banner.other");
    if (button.matches(".take-other")) this.#editor.append(banner.dataset.html || banner.querySelector("template")?.innerHTML || "");
    banner.hidden = true;
    await this.#post("draft/settle", { kind: this.dataset.kind });
    this.#editor.focus();
  }

  async #discard(event) {
    event.preventDefault();
    await this.#keeper.stop();
    await this.#post("draft/discard", { kind: this.dataset.kind });
    this.#reload({ focus: true });
  }

  async #open(event, tab) {
    event.preventDefault();
    if (tab.getAttribute("aria-selected") === "true") return this.focus();
    await this.#keeper.flush();
    this.#reload({ kind: tab.dataset.kind, focus: true });
  }

  /* --- sending --- */

  async #submitted(event) {
    event.preventDefault();
    if (this.#sending) return;
    if (this.#files.isBusy) return this.#refuse(this.dataset.uploading);
    if (this.#editor.isEmpty && !this.#files.count) return this.#refuse(this.dataset.empty, this.#editor.root);
    this.#sending = true;
    this.toggleAttribute("busy", true);
    try {
      await this.#send(event.submitter?.name === "then" ? event.submitter.value : "");
    } catch {
      this.#refuse(this.dataset.offlineSend);
    } finally {
      this.#sending = false;
      this.toggleAttribute("busy", false);
    }
  }

  async #send(then) {
    const { conversation, kind } = this.dataset;
    // Saved first: the draft's version is how the server recognises a second click, or a try again after a lost answer.
    if (!this.#keeper.version) this.#keeper.changed();
    await this.#keeper.flush();
    const answer = await this.#post(kind, { ...this.#content(), version: this.#keeper.version, then });
    if (!answer.ok) return this.#refuse(answer.sentence, this.querySelector(`.lines [name="${answer.field}"]`));
    await this.#keeper.stop();
    const { message, undo_seconds: seconds, was } = answer;
    const { sent, undo: label, url } = this.dataset;
    offerUndo({ seconds, text: sent, undo: { label, url: `${url}withdraw`, values: { message, was } } });
    this.dispatchEvent(new CustomEvent("sapa:changed", { bubbles: true, detail: { conversation: Number(conversation) } }));
    this.#reload({ focus: true });
  }

  /* One sentence in place; an empty one takes it away. */
  #refuse(sentence, blamed) {
    const place = this.querySelector(".problem");
    place.textContent = sentence ?? "";
    place.hidden = !sentence;
    for (const input of this.querySelectorAll(".lines [aria-invalid]")) input.removeAttribute("aria-invalid");
    if (!sentence || !blamed) return;
    const line = blamed.closest("[hidden]");
    if (line) line.hidden = false;
    if (blamed.matches("input")) blamed.setAttribute("aria-invalid", "true");
    blamed.focus();
  }

  /* --- others --- */

  #heard({ kind, conversation, direction }) {
    if (kind !== "message.created" || conversation !== Number(this.dataset.conversation) || (direction && direction !== "in")) return;
    if (this.#editor.isEmpty || this.#sending) return;
    this.querySelector(".banner.new").hidden = false;
  }

  /* The server has put an answer above what is in the draft: fetch both, after what is typed here has reached it. */
  async #takenBack() {
    await this.#keeper.flush();
    this.#reload({ kind: "reply", focus: true });
  }

  #showNew(event) {
    event.preventDefault();
    this.querySelector(".banner.new").hidden = true;
    const messages = document.getElementById("messages");
    messages?.scrollTo({ top: messages.scrollHeight, behavior: "smooth" });
    this.focus();
  }

  async #colleagues(query) {
    const answer = await fetch(`${this.dataset.url}colleagues?q=${encodeURIComponent(query)}`, { headers: { Accept: "application/json" } });
    return (await answer.json()).items;
  }

  /* --- to and from the server --- */

  #secret() {
    return { csrfmiddlewaretoken: this.querySelector("[name=csrfmiddlewaretoken]").value };
  }

  #post(path, values) {
    return post(this.dataset.url + path, { ...this.#secret(), ...values });
  }

  #reload({ kind = this.dataset.kind, focus = false } = {}) {
    window.htmx.ajax("get", `${this.dataset.url}composer?kind=${kind}${focus ? "&focus=1" : ""}`, { target: this, swap: "outerHTML" });
  }
}

async function post(url, values) {
  const answer = await fetch(url, { method: "POST", body: new URLSearchParams(values), headers: { Accept: "application/json" }, keepalive: JSON.stringify(values).length < 30000 });
  if (answer.status >= 500) throw new Error(`${answer.status}`);
  const body = answer.status === 204 ? {} : await answer.json();
  // A draft that replaced another tab's text was saved all the same.
  return { ...body, ok: answer.ok || (answer.status === 409 && "version" in body) };
}

customElements.define("sapa-composer", Composer);
