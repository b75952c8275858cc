/* The one live connection of a browser. As a shared worker it serves all tabs; where there is none, live.js runs the
   classes here in one tab and passes the messages on. One file, no imports: import maps do not reach into workers.

   Messages to tabs: {kind, …ids} for an event, {state} for "open", "lost" or "refused". */

const SILENCE_MS = 60_000; // the server beats each 25 s
const REFUSED_MS = 30_000;
const LONGEST_MS = 30_000;
const KEPT_MS = 60_000;
const KEPT = 500;
const SLACK_MS = 5_000; // between a page's reading and its age's beginning
const MOST_TABS = 200;

/** Server-sent events out of pieces of text. */
export class Parser {
  #rest = "";

  /** @param {string} text @returns {{id?: string, event?: string, data?: string, retry?: string}[]} */
  feed(text) {
    const blocks = (this.#rest + text.replaceAll("\r", "")).split("\n\n");
    this.#rest = blocks.pop() ?? "";
    return blocks.map((block) => {
      const fields = block.split("\n").map((line) => /^(\w+): ?(.*)$/.exec(line));
      return Object.fromEntries(fields.filter((field) => field !== null).map(([, name, value]) => [name, value]));
    });
  }
}

/** The stream itself: reads, comes back when it is lost, and resumes from where it was. */
export class Stream {
  #last = "";
  #retry = 2_000;
  #failures = 0;
  #current = new AbortController();
  #running = false;
  #begun = 0;
  url;
  tell;
  fetch;
  now;
  wait;

  /** @param {{url: string, tell: (message: object) => void, fetch?: any, now?: () => number,
   *           wait?: (ms: number, signal: AbortSignal) => Promise<void>}} parts */
  constructor({ url, tell, fetch = globalThis.fetch.bind(globalThis), now = () => performance.now(), wait = pause }) {
    Object.assign(this, { url, tell, fetch, now, wait });
  }

  /** The place from which it would resume. */
  get last() {
    return this.#last;
  }

  /** Run until stopped. age: how long ago the page was asked for, in ms; last: where another tab's stream was. */
  async start({ age = 0, last = "" } = {}) {
    if (this.#running) return;
    this.#running = true;
    this.#last ||= last;
    this.#begun = this.now() - age;
    while (this.#running) {
      this.#current = new AbortController();
      const { signal } = this.#current;
      const state = await this.#once(signal).catch(() => "lost");
      if (!this.#running) return;
      this.tell({ state });
      await this.wait(state === "refused" ? REFUSED_MS : Math.min(this.#retry * 2 ** Math.max(this.#failures - 1, 0), LONGEST_MS), signal);
      this.#failures += 1;
    }
  }

  stop() {
    this.#running = false;
    this.#current.abort();
  }

  /** Try again at once (the network is back, the laptop has woken up). */
  hurry() {
    this.#failures = 0;
    this.#current.abort();
  }

  async #once(signal) {
    const url = this.#last ? this.url : `${this.url}?age=${Math.round(this.now() - this.#begun)}`;
    const headers = this.#last ? { "Last-Event-ID": this.#last } : {};
    const reading = new AbortController();
    signal.addEventListener("abort", () => reading.abort());
    let silence = setTimeout(() => reading.abort(), SILENCE_MS);
    try {
      const response = await this.fetch(url, { headers, signal: reading.signal, cache: "no-store", credentials: "same-origin" });
      if (!response.ok) return response.status === 401 || response.status === 403 ? "refused" : "lost";
      this.#failures = 0;
      this.tell({ state: "open" });
      const parser = new Parser();
      const decoder = new TextDecoder();
      const reader = response.body.getReader();
      for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
        clearTimeout(silence);
        silence = setTimeout(() => reading.abort(), SILENCE_MS);
        for (const event of parser.feed(decoder.decode(piece.value, { stream: true }))) this.#happened(event);
      }
      return "lost";
    } finally {
      clearTimeout(silence);
    }
  }

  /** @param {{id?: string, event?: string, data?: string, retry?: string}} said */
  #happened({ id, event, data, retry }) {
    if (retry) this.#retry = Number(retry) || this.#retry;
    if (id) this.#last = id;
    if (event && event !== "beat" && event !== "ready") this.tell({ kind: event, ...JSON.parse(data || "{}") });
    else if (id) this.tell({ last: id });
  }
}

/** What happened lately, for a tab whose page was made before it began to listen. */
export class Recent {
  #kept = [];
  #begun;

  /** reach: how far back the stream itself told, in ms */
  constructor(now = () => performance.now(), reach = 0) {
    this.now = now;
    this.#begun = now() - reach;
  }

  add(message) {
    this.#kept.push({ at: this.now(), message });
    if (this.#kept.length > KEPT) this.#begun = this.#kept.shift().at;
  }

  /** The messages since a page of that age was asked for; one «reset» when they are not all known. */
  since(age) {
    const from = this.now() - age - SLACK_MS;
    if (age + SLACK_MS > KEPT_MS || from < this.#begun) return [{ kind: "reset" }];
    return this.#kept.filter(({ at }) => at >= from).map(({ message }) => message);
  }
}

/** All tabs of the browser behind one stream. */
export class Tabs {
  #ports = new Set();
  #recent;
  #stream;
  #state = "";

  /** @param {(parts: {url: string, tell: (message: object) => void}) => Stream} make */
  constructor(make = (parts) => new Stream(parts), now = undefined) {
    this.make = make;
    this.#recent = new Recent(now);
  }

  get size() {
    return this.#ports.size;
  }

  heard(port, { join, leave, hurry }) {
    if (leave) this.#leave(port);
    if (hurry) this.#stream?.hurry();
    if (join) this.#join(port, join);
  }

  #join(port, { url, age }) {
    if (this.#ports.size >= MOST_TABS) this.#ports.delete(this.#ports.values().next().value); // crashed tabs never say leave
    this.#ports.add(port);
    if (this.#stream) {
      for (const message of this.#recent.since(age)) port.postMessage(message);
      if (this.#state) port.postMessage({ state: this.#state });
    } else {
      this.#recent = new Recent(this.#recent.now, age + SLACK_MS);
      this.#stream = this.make({ url, tell: (message) => this.#tell(message) });
      this.#stream.start({ age });
    }
  }

  #leave(port) {
    this.#ports.delete(port);
    if (this.#ports.size) return;
    this.#stream?.stop();
    this.#stream = undefined;
  }

  #tell(message) {
    if (message.state) this.#state = message.state;
    if (message.kind) this.#recent.add(message);
    for (const port of this.#ports) port.postMessage(message);
  }
}

/** @param {number} ms @param {AbortSignal} signal @returns {Promise<void>} */
function pause(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()));
  });
}

if ("SharedWorkerGlobalScope" in globalThis) {
  const tabs = new Tabs();
  globalThis.onconnect = ({ ports: [port] }) => {
    port.onmessage = ({ data }) => tabs.heard(port, data);
  };
}
