import assert from "node:assert/strict";
import { test } from "node:test";
import { firstBelow, isAbove } from "../../sapa/desk/static/desk/js/order.js";

const row = (at) => ({ dataset: { at } });

test("what happened later stands above", () => {
  assert.ok(isAbove("1795321634000002.1", "1795321634000001.9"));
  assert.ok(!isAbove("1795321634000001.9", "1795321634000002.1"));
});

test("at the same moment the newer conversation stands above", () => {
  assert.ok(isAbove("5.10", "5.9"));
  assert.ok(!isAbove("5.9", "5.10"));
  assert.ok(!isAbove("5.9", "5.9"));
});

test("ids beyond what a float can hold keep their order", () => {
  assert.ok(isAbove("9007199254740993.1", "9007199254740992.2"));
});

test("a row is put before the first that is older, or nowhere when all are newer", () => {
  const rows = [row("30.1"), row("20.1"), row("10.1")];
  assert.equal(firstBelow(rows, "25.1"), rows[1]);
  assert.equal(firstBelow(rows, "40.1"), rows[0]);
  assert.equal(firstBelow(rows, "5.1"), undefined);
});
