/* The order of a list: newest activity first, by `data-at` (`<microseconds>.<id>`). No DOM here beyond dataset. */

/** Whether a row at `a` stands above a row at `b`. */
export function isAbove(a, b) {
  const [momentA, idA] = a.split(".").map(BigInt);
  const [momentB, idB] = b.split(".").map(BigInt);
  return momentA === momentB ? idA > idB : momentA > momentB;
}

/** The first of `rows` that stands below a row at `at`, or undefined when none does. */
export function firstBelow(rows, at) {
  return rows.find((row) => isAbove(at, row.dataset.at));
}
