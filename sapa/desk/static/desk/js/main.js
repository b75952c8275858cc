/* What every page of the workspace loads: htmx, and the elements that any page may use. */
import htmx from "htmx.org";
import "./live.js";
import "./presence.js";
import "./toasts.js";
import "./menu.js";
import "./open.js";
import "./bell.js";
import "./composer/composer.js";
import "./keys.js";
import "./palette.js";

window.htmx = htmx;

/* A session that has ended answers every fragment with the log-in page: go there instead of swapping it in. */
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  if (xhr.responseURL && new URL(xhr.responseURL).pathname.startsWith("/accounts/login/")) {
    event.detail.shouldSwap = false;
    location.reload();
  }
});
