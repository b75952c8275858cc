/* <sapa-live data-url="/live" data-worker="…/live-worker.js" data-lost="Connection lost…"></sapa-live>: once in each page.
   Tells the page what happens elsewhere, as events of the document:
   "sapa:live" {kind, conversation, message, agent} for each fact that this person may see; kind "reset": too much was
   missed, read everything anew. "sapa:presence", "sapa:notification" {…ids} for passing news. "sapa:live-state" {state}. */
import { Stream } from "./live-worker.js";

const NAME = "sapa-live";
const PATIENCE_MS = 5_000;

/** A shared worker's port. */
class Shared {
  constructor(worker, tell, failed) {
    this.worker = new SharedWorker(worker, { name: NAME, type: "module" });
    this.worker.onerror = () => failed();
    this.worker.port.onmessage = ({ data }) => tell(data);
  }

  say(message) {
    this.worker.port.postMessage(message);
  }

  close() {
    this.say({ leave: true });
    this.worker.port.close();
  }
}

/** Without shared workers: the tab that holds a lock reads the stream and passes it on. */
class Elected {
  #channel = new BroadcastChannel(NAME);
  #leaving = new AbortController();
  #last = "";

  constructor(tell) {
    this.tell = tell;
    this.#channel.onmessage = ({ data }) => this.#heard(data);
  }

  say({ join, hurry }) {
    if (hurry) this.stream?.hurry();
    if (!join) return;
    const begun = performance.now() - join.age;
    const { signal } = this.#leaving;
    navigator.locks
      .request(NAME, { signal }, () => {
        this.stream = new Stream({ url: join.url, tell: (message) => (this.#heard(message), this.#channel.postMessage({ ...message, last: this.stream.last })) });
        signal.addEventListener("abort", () => this.stream.stop());
        return this.stream.start({ age: performance.now() - begun, last: this.#last });
      })
      .catch(() => {}); // left before the lock was given
  }

  close() {
    this.#leaving.abort();
    this.#channel.close();
  }

  #heard(message) {
    if (message.last) this.#last = message.last;
    this.tell(message);
  }
}

/** A tab by itself, as the last resort (an old browser, or a page without a secure origin has no locks). */
class Alone {
  constructor(tell) {
    this.tell = tell;
  }

  say({ join, hurry }) {
    if (hurry) this.stream?.hurry();
    if (!join) return;
    this.stream = new Stream({ url: join.url, tell: this.tell });
    this.stream.start({ age: join.age });
  }

  close() {
    this.stream?.stop();
  }
}

export class Live extends HTMLElement {
  #listening = new AbortController();
  #connection;
  #patience = 0;

  connectedCallback() {
    const { signal } = (this.#listening = new AbortController());
    this.#connect(performance.now());
    // A page that is put away must let go, and one that is taken out again knows nothing of the time between.
    addEventListener("pagehide", () => this.#close(), { signal });
    addEventListener("pageshow", ({ persisted }) => persisted && (this.#connect(0), tell("sapa:live", { kind: "reset" })), { signal });
    addEventListener("online", () => this.#connection?.say({ hurry: true }), { signal });
  }

  disconnectedCallback() {
    this.#listening.abort();
    this.#close();
  }

  #connect(age, shared = "SharedWorker" in globalThis) {
    const heard = (message) => this.#heard(message);
    if (shared) this.#connection = new Shared(this.dataset.worker, heard, () => this.#connect(performance.now(), false));
    else this.#connection = navigator.locks && "BroadcastChannel" in globalThis ? new Elected(heard) : new Alone(heard);
    this.#connection.say({ join: { url: new URL(this.dataset.url ?? "/live", location.href).href, age } });
  }

  #close() {
    this.#connection?.close();
    this.#connection = undefined;
  }

  #heard({ state, kind, last, ...ids }) {
    if (state) this.#changed(state);
    else if (kind?.includes(".") || kind === "reset") tell("sapa:live", { kind, ...ids });
    else if (kind) tell(`sapa:${kind}`, ids);
  }

  #changed(state) {
    clearTimeout(this.#patience);
    if (state === "open") this.replaceChildren();
    else this.#patience = setTimeout(() => this.replaceChildren(this.dataset.lost ?? ""), PATIENCE_MS);
    tell("sapa:live-state", { state });
  }
}

function tell(name, detail) {
  document.dispatchEvent(new CustomEvent(name, { detail }));
}

customElements.define("sapa-live", Live);
