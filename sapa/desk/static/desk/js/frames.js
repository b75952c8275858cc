/* Frames of mail are as high as their content; pictures from elsewhere come when asked for; files are looked at in a dialog. */
const MOST_HIGH = 20000;

document.addEventListener("load", (event) => event.target.matches?.("iframe.mail") && fit(event.target), true);

/* Frames that had loaded before this script ran. */
for (const frame of document.querySelectorAll("iframe.mail")) fit(frame);

function fit(frame) {
  const content = frame.contentDocument?.documentElement;
  if (!content || frame.contentWindow.location.href === "about:blank") return;
  const height = () => {
    frame.style.blockSize = `${Math.min(MOST_HIGH, Math.max(20, Math.ceil(content.getBoundingClientRect().height)))}px`;
  };
  height();
  const watcher = new ResizeObserver(() => (frame.isConnected ? height() : watcher.disconnect()));
  watcher.observe(content);
  // Keys pressed while a mail has the focus belong to the page around it.
  frame.contentDocument.addEventListener("keydown", (event) => {
    const { key, ctrlKey, metaKey, altKey, shiftKey } = event;
    if (!frame.dispatchEvent(new KeyboardEvent("keydown", { key, ctrlKey, metaKey, altKey, shiftKey, bubbles: true, cancelable: true }))) event.preventDefault();
  });
}

document.addEventListener("click", (event) => {
  const images = event.target.closest("[data-images]");
  if (images) {
    const frame = document.getElementById(images.dataset.images);
    frame.src = `${frame.getAttribute("src")}?images=1`;
    images.closest(".held").remove();
    return;
  }
  const link = event.target.closest("[data-preview]");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    preview(link);
  }
});

function preview(link) {
  const dialog = document.getElementById("preview");
  const shown = dialog.querySelector(".shown");
  const name = link.title || link.textContent.trim();
  dialog.querySelector("h2").textContent = name;
  dialog.querySelector("[data-save]").href = `${link.getAttribute("href")}?save=1`;
  const element = document.createElement(link.dataset.preview === "pdf" ? "iframe" : "img");
  element.src = link.getAttribute("href");
  if (element.matches("img")) element.alt = name;
  else element.title = name;
  shown.replaceChildren(element);
  dialog.addEventListener("close", () => shown.replaceChildren(), { once: true });
  dialog.showModal();
}
