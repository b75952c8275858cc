import assert from "node:assert/strict";
import { test } from "node:test";
import { Present, RENEW_MS, TYPING_MS } from "../../sapa/desk/static/desk/js/present.js";

/* A tab with a clock that is moved by hand. */
function tab() {
  let time = 0;
  let timers = [];
  const sent = [];
  const later = (work, ms) => {
    const timer = { work, at: time + ms };
    timers.push(timer);
    return timer;
  };
  const never = (timer) => (timers = timers.filter((one) => one !== timer));
  const present = new Present({ send: (doing) => sent.push(doing), now: () => time, later, never });
  const pass = (ms) => {
    const end = time + ms;
    for (let due = next(end); due; due = next(end)) {
      time = due.at;
      never(due);
      due.work();
    }
    time = end;
  };
  const next = (end) => timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
  return { present, sent, pass };
}

test("looking is renewed before it expires", () => {
  const { present, sent, pass } = tab();
  present.look();
  pass(RENEW_MS * 2 + 1);
  assert.deepEqual(sent, ["viewing", "viewing", "viewing"]);
});

test("typing is told once, renewed while it lasts, and ends by itself", () => {
  const { present, sent, pass } = tab();
  present.look();
  for (let n = 0; n < 10; n += 1) {
    present.type();
    pass(TYPING_MS / 5);
  }
  assert.deepEqual(sent, ["viewing", "typing", "typing", "typing"]);
  pass(TYPING_MS * 2);
  assert.equal(sent.at(-1), "viewing");
});

test("leaving is told once and ends the renewing", () => {
  const { present, sent, pass } = tab();
  present.look();
  present.leave();
  present.leave();
  pass(RENEW_MS * 3);
  assert.deepEqual(sent, ["viewing", "gone"]);
});
