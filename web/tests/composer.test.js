import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Countdown } from "../../sapa/desk/static/desk/js/composer/countdown.js";
import { DraftKeeper } from "../../sapa/desk/static/desk/js/composer/draft.js";
import { fill, isPasteOfFiles, readableSize, Room } from "../../sapa/desk/static/desk/js/composer/files.js";
import { Choice, mentionBefore } from "../../sapa/desk/static/desk/js/composer/mention.js";
import { Notices, titled } from "../../sapa/desk/static/desk/js/notices.js";

const settle = () => new Promise((resolve) => setImmediate(resolve));

function keeper(context, save) {
  mock.timers.enable({ apis: ["setTimeout"] });
  context.after(() => mock.timers.reset());
  const told = [];
  const page = { text: "" };
  const kept = new DraftKeeper({ save, read: () => page.text, tell: (state) => told.push(state) });
  return { kept, told, page };
}

test("a draft is saved once, a second after the last change", async (context) => {
  const saved = [];
  const { kept, page } = keeper(context, async (text, version) => (saved.push([text, version]), { ok: true, version: version + 1 }));
  for (const text of ["a", "ab", "abc"]) {
    page.text = text;
    kept.changed();
    mock.timers.tick(900);
  }
  assert.deepEqual(saved, []);
  mock.timers.tick(100);
  await settle();
  assert.deepEqual(saved, [["abc", 0]]);
  assert.equal(kept.version, 1);
});

test("what is typed while a save is under way is saved after it, never beside it", async (context) => {
  const waiting = [];
  const { kept, page } = keeper(context, (text) => new Promise((resolve) => waiting.push({ text, done: () => resolve({ ok: true, version: waiting.length }) })));
  page.text = "one";
  kept.changed();
  mock.timers.tick(1000);
  page.text = "two";
  kept.changed();
  const flushed = kept.flush();
  await settle();
  assert.deepEqual(waiting.map(({ text }) => text), ["one"]);
  waiting[0].done();
  await settle();
  assert.deepEqual(waiting.map(({ text }) => text), ["one", "two"]);
  waiting[1].done();
  assert.equal(await flushed, true);
});

test("without a connection nothing is lost and it is tried again", async (context) => {
  let isAway = true;
  const { kept, told, page } = keeper(context, async () => {
    if (isAway) throw new TypeError("failed to fetch");
    return { ok: true, version: 1 };
  });
  page.text = "kept";
  kept.changed();
  mock.timers.tick(1000);
  await settle();
  assert.equal(kept.isDirty, true);
  isAway = false;
  mock.timers.tick(4000);
  await settle();
  assert.equal(kept.isDirty, false);
  assert.deepEqual(told, ["changed", "saving", "offline", "saving", "saved"]);
});

test("a draft that was sent is not saved again", async (context) => {
  let saves = 0;
  const { kept } = keeper(context, async () => ({ ok: true, version: (saves += 1) }));
  kept.changed();
  await kept.stop();
  kept.changed();
  mock.timers.tick(10000);
  await settle();
  assert.equal(saves, 0);
});

test("a file is refused for its size, its emptiness and its number before it is sent", () => {
  const room = new Room({ limit: 10, most: 2 });
  assert.equal(room.refusal({ size: 10 }), "");
  assert.equal(room.refusal({ size: 11 }), "tooLarge");
  assert.equal(room.refusal({ size: 0 }), "empty");
  room.count = 2;
  assert.equal(room.refusal({ size: 1 }), "tooMany");
});

test("a picture copied from a page is a file, a picture of a spreadsheet's cells is not", () => {
  assert.equal(isPasteOfFiles({ files: 1, html: '<meta charset="utf-8"><img src="https://x.example/a.png">' }), true);
  assert.equal(isPasteOfFiles({ files: 1, html: "<style>td {}</style><table><td>12</td></table>" }), false);
  assert.equal(isPasteOfFiles({ files: 0, html: "" }), false);
});

test("sentences and sizes are filled in", () => {
  assert.equal(fill("«{name}» has {limit} MB, {unknown}", { name: "$& {limit}", limit: 25 }), "«$& {limit}» has 25 MB, {unknown}");
  assert.deepEqual([900, 2048, 15 * 1024 * 1024].map(readableSize), ["900 B", "2 kB", "15 MB"]);
});

test("a mention begins with @ after a space, and goes on for up to three words", () => {
  assert.deepEqual(mentionBefore("ask @Ba"), { from: 4, query: "Ba" });
  assert.deepEqual(mentionBefore("@"), { from: 0, query: "" });
  assert.deepEqual(mentionBefore("@Bagus Wir"), { from: 0, query: "Bagus Wir" });
  assert.equal(mentionBefore("mail to dan@x"), null);
  assert.equal(mentionBefore("@Bagus please look at this"), null);
  assert.equal(mentionBefore("@Bagus "), null);
});

test("the choice goes round, and stays on the person when the list changes", () => {
  const choice = new Choice();
  choice.items = [{ id: 1 }, { id: 2 }, { id: 3 }];
  choice.move(-1);
  assert.equal(choice.current.id, 3);
  choice.items = [{ id: 3 }, { id: 4 }];
  assert.equal(choice.current.id, 3);
});

test("a countdown follows the clock, even of a tab that was woken late", () => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  try {
    const said = [];
    const countdown = new Countdown(3, { tick: (left) => said.push(left), done: () => said.push("done") });
    countdown.start();
    mock.timers.tick(1000);
    mock.timers.tick(2000);
    assert.deepEqual(said, [3, 2, "done"]);
  } finally {
    mock.timers.reset();
  }
});

test("each notification is shown once, by one tab, and none from before", () => {
  const kept = new Map();
  const store = { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) };
  const [one, other] = [new Notices(store), new Notices(store)];
  const told = (...ids) => ids.map((id) => ({ id, unread: true }));
  assert.deepEqual(one.fresh(told(2, 1)), []);
  assert.deepEqual(one.fresh(told(4, 3, 2, 1)).map(({ id }) => id), [3, 4]);
  assert.deepEqual(other.fresh(told(4, 3, 2, 1)), []);
  assert.deepEqual(one.fresh([{ id: 5, unread: false }]), []);
});

test("the title carries the count once", () => {
  assert.equal(titled("Inbox · Sapa", 3), "(3) Inbox · Sapa");
  assert.equal(titled("(3) Inbox · Sapa", 120), "(99+) Inbox · Sapa");
  assert.equal(titled("(99+) Inbox · Sapa", 0), "Inbox · Sapa");
});
