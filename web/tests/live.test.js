import assert from "node:assert/strict";
import { test } from "node:test";
import { Parser, Recent, Stream, Tabs } from "../../sapa/desk/static/desk/js/live-worker.js";

const event = (id, kind, data) => `id: ${id}\nevent: ${kind}\ndata: ${JSON.stringify(data)}\n\n`;

/* A server whose answers are given one after the other; each is a status or a list of pieces of text. */
function server(...answers) {
  const asked = [];
  const fetch = async (url, { headers, signal }) => {
    asked.push({ url, last: headers["Last-Event-ID"] ?? "" });
    const answer = answers.shift();
    if (answer === undefined) return new Promise((_, refuse) => signal.addEventListener("abort", refuse));
    if (answer === "unreachable") throw new TypeError("network");
    if (typeof answer === "number") return new Response("{}", { status: answer });
    const body = new ReadableStream({ start: (c) => (answer.forEach((text) => c.enqueue(new TextEncoder().encode(text))), c.close()) });
    return new Response(body);
  };
  return { asked, fetch };
}

async function read(...answers) {
  const told = [];
  const waits = [];
  const { asked, fetch } = server(...answers);
  let time = 1000;
  const wait = async (ms) => void waits.push(ms);
  const stream = new Stream({ url: "/live", tell: (message) => told.push(message), fetch, now: () => time++, wait });
  stream.start({ age: 300 });
  while (asked.length <= answers.length) await new Promise((resolve) => setTimeout(resolve, 1));
  stream.stop();
  return { told, asked, waits, stream };
}

test("events are put together from any pieces", () => {
  const text = `retry: 2000\n\n${event("7-1", "message.created", { conversation: 12 })}:\n\n`;
  for (let size = 1; size < text.length; size += 1) {
    const parser = new Parser();
    const found = [];
    for (let at = 0; at < text.length; at += size) found.push(...parser.feed(text.slice(at, at + size)));
    assert.deepEqual(found, [{ retry: "2000" }, { id: "7-1", event: "message.created", data: '{"conversation":12}' }, {}]);
  }
});

test("the first connection says how old the page is, the next where it was", async () => {
  const { asked, told } = await read([event("7-1", "message.created", { conversation: 12, message: 3 })], [event("9-4", "beat", {})]);
  assert.match(asked[0].url, /^\/live\?age=30\d$/);
  assert.deepEqual(asked.slice(1), [{ url: "/live", last: "7-1" }, { url: "/live", last: "9-4" }]);
  assert.deepEqual(told.filter(({ kind }) => kind), [{ kind: "message.created", conversation: 12, message: 3 }]);
});

test("an event without an id does not move the place", async () => {
  const { asked } = await read([event("7-1", "ready", {}), 'event: message.created\ndata: {"conversation":1}\n\n']);
  assert.equal(asked[1].last, "7-1");
});

test("lost connections are tried again more and more slowly, and the age grows", async () => {
  const { asked, waits, told } = await read("unreachable", 503, "unreachable", "unreachable", "unreachable", "unreachable");
  assert.deepEqual(waits.slice(0, 6), [2000, 2000, 4000, 8000, 16000, 30000]);
  assert.ok(Number(asked[5].url.split("=")[1]) > Number(asked[0].url.split("=")[1]));
  assert.equal(told[0].state, "lost");
});

test("a refused stream waits long, for the session may come back", async () => {
  const { waits, told } = await read(401);
  assert.deepEqual([told[0].state, waits[0]], ["refused", 30000]);
});

test("the server's retry is kept", async () => {
  const { waits } = await read(["retry: 3100\n\n"], "unreachable");
  assert.deepEqual(waits.slice(0, 2), [3100, 3100]);
});

test("a new tab hears what happened since its page was asked for", () => {
  let time = 0;
  const recent = new Recent(() => time);
  time = 100_000;
  recent.add({ kind: "a" });
  time = 108_000;
  recent.add({ kind: "b" });
  time = 109_000;
  assert.deepEqual(recent.since(2000), [{ kind: "b" }]);
  assert.deepEqual(recent.since(4500), [{ kind: "a" }, { kind: "b" }]);
  assert.deepEqual(recent.since(58_000), [{ kind: "reset" }]);
});

test("a tab that the worker cannot tell everything reads everything anew", () => {
  let time = 0;
  const recent = new Recent(() => time);
  assert.deepEqual(recent.since(1000), [{ kind: "reset" }]);
  time = 50_000;
  for (let n = 0; n < 600; n += 1) recent.add({ kind: "a" });
  assert.deepEqual(recent.since(10), [{ kind: "reset" }]);
});

test("the first tab's own replay counts as known", () => {
  const recent = new Recent(() => 10_000, 6_000);
  assert.deepEqual(recent.since(500), []);
  assert.deepEqual(recent.since(2_000), [{ kind: "reset" }]);
});

test("all tabs share one stream, which ends with the last of them", () => {
  const made = [];
  const make = (parts) => {
    const stream = { ...parts, starts: 0, stops: 0, start: () => (stream.starts += 1), stop: () => (stream.stops += 1), hurry() {} };
    made.push(stream);
    return stream;
  };
  let time = 0;
  const tabs = new Tabs(make, () => time);
  const port = () => ({ got: [], postMessage(message) { this.got.push(message); } }); // prettier-ignore
  const [one, two] = [port(), port()];
  tabs.heard(one, { join: { url: "/live", age: 100 } });
  time = 20_000;
  made[0].tell({ state: "open" });
  made[0].tell({ kind: "message.created", conversation: 1 });
  tabs.heard(two, { join: { url: "/live", age: 100 } });
  assert.equal(made.length, 1);
  assert.deepEqual(two.got, [{ kind: "message.created", conversation: 1 }, { state: "open" }]);
  tabs.heard(one, { leave: true });
  made[0].tell({ kind: "case.assigned", conversation: 2 });
  assert.deepEqual(one.got.length, 2);
  assert.deepEqual(two.got.at(-1), { kind: "case.assigned", conversation: 2 });
  tabs.heard(two, { leave: true });
  assert.equal(made[0].stops, 1);
  tabs.heard(one, { join: { url: "/live", age: 1 } });
  assert.equal(made.length, 2);
});
