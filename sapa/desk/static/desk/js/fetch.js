/* Fragments from the server, as htmx asks for them; a session that ended reloads the page. */

/** The HTML of a fragment; "" for 204; null when it was refused, is gone, or was aborted (a toast has been shown if need be).
 *  `gone` is called when there is no such thing any more, or not for this person.
 *  @param {string} path @param {{signal?: AbortSignal, quiet?: boolean, gone?: () => void}} how */
export async function fragment(path, { signal, quiet = false, gone } = {}) {
  let response;
  try {
    response = await fetch(path, { headers: { "HX-Request": "true" }, credentials: "same-origin", signal });
  } catch (error) {
    if (error.name !== "AbortError" && !quiet) tell("htmx:sendError");
    return null;
  }
  if (new URL(response.url).pathname.startsWith("/accounts/login/")) {
    location.reload();
    return null;
  }
  if (response.ok) return response.text();
  if (response.status === 404) gone?.();
  if (!quiet) tell("htmx:responseError", { xhr: { status: response.status, getResponseHeader: (name) => response.headers.get(name) } });
  return null;
}

function tell(name, detail = {}) {
  document.dispatchEvent(new CustomEvent(name, { detail }));
}

/** The elements of an HTML text. */
export function parsed(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}
