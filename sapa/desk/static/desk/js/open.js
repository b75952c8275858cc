/* Buttons with data-open="ID" open the dialog of that id, data-close closes the dialog around it, data-hide the menu. */
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.open);
    opener.closest("[popover]")?.hidePopover();
    if (dialog && !dialog.open) dialog.showModal();
    return;
  }
  if (event.target.closest("[data-hide]")) event.target.closest("[popover]")?.hidePopover();
  else if (event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
  else if (event.target.matches?.("dialog")) event.target.close(); // a click on the veil
});
