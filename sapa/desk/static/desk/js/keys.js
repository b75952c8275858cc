/* Single keys: `data-key="e"` on a button or link presses it with E. Nobody's typing is disturbed, and a person may switch them off.
   `?` opens the list of keys, Ctrl/⌘ K the palette (these are buttons with data-open and data-key as well). */
const TYPING = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]:not([contenteditable=false])";

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  const palette = document.getElementById("palette");
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && palette) {
    event.preventDefault();
    if (!palette.open) palette.showModal();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1) return;
  if (document.body.dataset.singleKeys === "off" || event.target.closest?.(TYPING)) return;
  if (document.querySelector("dialog[open], :popover-open:not(sapa-toasts)")) return;
  const key = event.key.toLowerCase();
  const target = [...document.querySelectorAll("[data-key]")].find((found) => found.dataset.key === key && !found.disabled);
  if (!target) return;
  event.preventDefault();
  target.click();
  if (target.matches("[data-focus]")) document.querySelector(target.dataset.focus)?.focus();
});

document.addEventListener("click", (event) => {
  const copy = event.target.closest("[data-copy]");
  if (!copy) return;
  navigator.clipboard.writeText(new URL(copy.dataset.copy, location.href).href).then(() =>
    document.dispatchEvent(new CustomEvent("sapa:toast", { detail: { text: copy.dataset.copied } })),
  );
});
