/* Which notifications are to be shown outside the page: each once, by one tab, never those from before the person came.
   store: localStorage or anything alike; kept in it is the id up to which everything has been shown. */
const KEY = "sapa.told";
const MOST = 3;

export class Notices {
  #store;

  constructor(store) {
    this.#store = store;
  }

  get upto() {
    return Number(this.#store.getItem(KEY) ?? NaN);
  }

  /* told: [{id, unread, …}] newest first. Gives the new ones, oldest first, and remembers them. Call it under a lock. */
  fresh(told) {
    const newest = Math.max(0, ...told.map(({ id }) => id));
    const { upto } = this;
    if (Number.isNaN(upto) || newest > upto) this.#store.setItem(KEY, String(newest));
    if (Number.isNaN(upto)) return [];
    return told.filter(({ id, unread }) => unread && id > upto).slice(0, MOST).reverse();
  }
}

/* «(3) Order 88213 · Sapa»: the title with a count in front, whatever count stood there before. */
export function titled(title, unread) {
  const bare = title.replace(/^\(\d+\+?\) /, "");
  return unread ? `(${unread > 99 ? "99+" : unread}) ${bare}` : bare;
}
