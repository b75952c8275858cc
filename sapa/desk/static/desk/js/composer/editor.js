/* Rich text in a <div>: squire-rte behind the few verbs that the composer needs; whatever comes in is cleaned by DOMPurify. */
import createPurify from "dompurify";
import Squire from "squire-rte";

const TAGS = ["a", "b", "blockquote", "br", "code", "del", "div", "em", "h1", "h2", "h3", "h4", "i", "img", "input", "li", "ol", "p", "pre", "s", "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "u", "ul"];
const ATTRIBUTES = ["href", "src", "alt", "data-cid", "data-mention", "colspan", "rowspan", "type", "id"];
// Addresses of these kinds, and values that are no address at all.
const HARMLESS = /^(?:(?:https?|mailto|tel):|[^a-z]|[a-z+.-]+(?:[^a-z+.:-]|$))/i;
const SELECTION = /^squire-selection-(start|end)$/;

/* pictures: the address below which the draft's own pictures lie; pictures from anywhere else are left out. */
function cleaner(pictures) {
  const purify = createPurify(window);
  purify.addHook("afterSanitizeAttributes", (node) => {
    if (node.id && !SELECTION.test(node.id)) node.removeAttribute("id");
    if (node.nodeName === "INPUT" && !SELECTION.test(node.id)) node.remove(); // squire marks the selection with hidden inputs
    if (node.nodeName === "IMG" && !(node.dataset.cid && node.getAttribute("src")?.startsWith(pictures))) node.remove();
    if (node.nodeName === "SPAN" && !node.id && !/^\d{1,18}$/.test(node.dataset.mention ?? "")) node.removeAttribute("data-mention");
  });
  return (html) => {
    const fragment = purify.sanitize(html, {
      ALLOWED_TAGS: TAGS,
      ALLOWED_ATTR: ATTRIBUTES,
      ALLOW_DATA_ATTR: false,
      ALLOWED_URI_REGEXP: HARMLESS,
      RETURN_DOM_FRAGMENT: true,
    });
    return document.importNode(fragment, true);
  };
}

export class Editor {
  #squire;

  constructor(root, { pictures, html }) {
    this.root = root;
    this.#squire = new Squire(root, { sanitizeToDOMFragment: cleaner(pictures), didError: (error) => console.warn(error) });
    this.#squire.setHTML(html);
    // The editor's own handles for resizing pictures need inline styles, which the page does not allow.
    root.addEventListener("click", (event) => event.target.nodeName === "IMG" && event.stopPropagation(), { capture: true });
  }

  destroy() {
    this.#squire.destroy();
  }

  on(name, listener) {
    this.#squire.addEventListener(name, listener);
  }

  focus({ atStart = false } = {}) {
    this.#squire.focus();
    if (atStart) this.#squire.moveCursorToStart();
    else this.#squire.moveCursorToEnd();
  }

  get isEmpty() {
    return !this.root.textContent.trim() && !this.root.querySelector("img");
  }

  /* As the server keeps it: the draft's own pictures by their content id. */
  get html() {
    const page = new DOMParser().parseFromString(this.#squire.getHTML(), "text/html");
    for (const picture of page.querySelectorAll("img[data-cid]")) {
      picture.setAttribute("src", `cid:${picture.dataset.cid}`);
      picture.removeAttribute("data-cid");
    }
    return page.body.innerHTML;
  }

  set html(html) {
    this.#squire.setHTML(html);
  }

  append(html) {
    this.#squire.setHTML((this.isEmpty ? "" : this.#squire.getHTML()) + html);
  }

  insertPicture({ url, name, content_id: contentId }) {
    this.#squire.insertImage(url, { "data-cid": contentId, alt: name });
  }

  /* Which of the toolbar's buttons are pressed at the cursor. */
  has(name) {
    const squire = this.#squire;
    switch (name) {
      case "link":
        return squire.hasFormat("A");
      case "code":
        return squire.hasFormat("CODE") || squire.hasFormat("PRE");
      case "list":
        return squire.hasFormat("UL");
      case "numbers":
        return squire.hasFormat("OL");
      case "quote":
        return squire.hasFormat("BLOCKQUOTE");
      default:
        return squire.hasFormat({ bold: "B", italic: "I", underline: "U" }[name] ?? "B");
    }
  }

  toggle(name) {
    const squire = this.#squire;
    const isOn = name !== "clear" && this.has(name);
    switch (name) {
      case "bold":
        return isOn ? squire.removeBold() : squire.bold();
      case "italic":
        return isOn ? squire.removeItalic() : squire.italic();
      case "underline":
        return isOn ? squire.removeUnderline() : squire.underline();
      case "list":
        return isOn ? squire.removeList() : squire.makeUnorderedList();
      case "numbers":
        return isOn ? squire.removeList() : squire.makeOrderedList();
      case "quote":
        return isOn ? squire.decreaseQuoteLevel() : squire.increaseQuoteLevel();
      case "code":
        return squire.toggleCode();
      case "link":
        return squire.removeLink();
      default:
        return squire.removeAllFormatting();
    }
  }

  get linkAtCursor() {
    const node = this.#squire.getSelection().startContainer;
    return (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement)?.closest("a")?.getAttribute("href") ?? "";
  }

  link(address) {
    const href = /^[a-z]+:/i.test(address) ? address : address.includes("@") ? `mailto:${address}` : `https://${address}`;
    if (!/^(https?|mailto|tel):/i.test(href)) return false;
    this.#squire.focus();
    this.#squire.makeLink(href);
    return true;
  }

  /* The text of the line before the cursor, for completions; null while something is selected. */
  get textBefore() {
    const range = this.#squire.getSelection();
    return range.collapsed && range.startContainer.nodeType === Node.TEXT_NODE ? range.startContainer.data.slice(0, range.startOffset) : null;
  }

  get cursor() {
    return this.#squire.getCursorPosition();
  }

  /* Put HTML in place of the last `length` characters before the cursor. */
  replaceBefore(length, html) {
    const range = this.#squire.getSelection();
    range.setStart(range.startContainer, range.startOffset - length);
    this.#squire.setSelection(range);
    this.#squire.insertHTML(html);
  }
}
