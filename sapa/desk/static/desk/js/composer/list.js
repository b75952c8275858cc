/* The files below the text: <ul class="files"><li data-file="5">name <small>size</small> <button class="remove" data-url>×</button></li>…</ul>
   Adds a line for each upload with its progress, and takes files off. */
import { fill, readableSize } from "./files.js";
import { upload } from "./upload.js";

export class FileList {
  #list;
  #room;
  #texts;
  #url;
  #values;
  #refuse;
  #ending = new AbortController();
  #busy = 0;

  constructor(list, { room, texts, url, values, refuse }) {
    this.#list = list;
    this.#room = room;
    this.#texts = texts;
    this.#url = url;
    this.#values = values;
    this.#refuse = refuse;
    list.addEventListener("click", (event) => this.#clicked(event), { signal: this.#ending.signal });
  }

  get isBusy() {
    return this.#busy > 0;
  }

  get count() {
    return this.#list.children.length;
  }

  stop() {
    this.#ending.abort();
  }

  /* The server's description of the added file, or nothing when it was refused (said in place). */
  async add(file, values) {
    const refused = this.#room.refusal(file);
    if (refused) {
      this.#refuse(fill(this.#texts[refused === "empty" ? "emptyFile" : refused], { name: file.name, limit: Math.floor(this.#room.limit / 1024 / 1024), most: this.#room.most }));
      return undefined;
    }
    const line = this.#line(file);
    this.#busy += 1;
    this.#room.count += 1;
    try {
      const progress = (part) => (line.querySelector("progress").value = part);
      const failed = fill(this.#texts.uploadFailed, { name: file.name });
      const added = await upload(this.#url, { ...this.#values(), ...values, file }, { progress, failed, signal: this.#ending.signal });
      if (added.content_id) line.remove();
      else this.#finish(line, added);
      return added;
    } catch (error) {
      line.remove();
      this.#room.count -= 1;
      if (error.name !== "AbortError") this.#refuse(error.message);
      return undefined;
    } finally {
      this.#busy -= 1;
    }
  }

  #line(file) {
    const line = document.createElement("li");
    const name = Object.assign(document.createElement("span"), { className: "name clip", textContent: file.name, title: file.name });
    const progress = Object.assign(document.createElement("progress"), { max: 1, value: 0, ariaLabel: file.name });
    line.append(name, progress);
    this.#list.append(line);
    return line;
  }

  #finish(line, { id, name, size }) {
    const words = Object.assign(document.createElement("small"), { textContent: readableSize(size) });
    const remove = Object.assign(document.createElement("button"), { type: "button", className: "remove", textContent: "×" });
    remove.dataset.url = `${this.#url}/${id}/remove`;
    remove.setAttribute("aria-label", fill(this.#texts.remove, { name }));
    line.dataset.file = id;
    line.querySelector(".name").textContent = name;
    line.querySelector("progress").replaceWith(words, remove);
  }

  async #clicked(event) {
    const button = event.target.closest(".remove");
    if (!button) return;
    event.preventDefault();
    const line = button.closest("li");
    const next = line.nextElementSibling ?? line.previousElementSibling;
    const answer = await fetch(button.dataset.url, { method: "POST", body: new URLSearchParams(this.#values()), headers: { Accept: "application/json" } }).catch(() => null);
    if (!answer?.ok) return this.#refuse(this.#texts.offlineSend);
    line.remove();
    this.#room.count -= 1;
    next?.querySelector(".remove")?.focus();
  }
}
