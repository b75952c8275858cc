/* A row of buttons of which one is in the tab order; arrow keys, Home and End move among them (WAI-ARIA toolbar). */
export function asToolbar(bar, { signal }) {
  const buttons = () => [...bar.querySelectorAll("button")].filter((button) => !button.disabled && button.checkVisibility());
  const enter = (button) => {
    for (const other of bar.querySelectorAll("button")) other.tabIndex = other === button ? 0 : -1;
  };
  enter(bar.querySelector("button"));
  bar.addEventListener("focusin", (event) => enter(event.target.closest("button")), { signal });
  bar.addEventListener("keydown", (event) => {
    const all = buttons();
    const here = all.indexOf(document.activeElement);
    const next = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: all.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    all[(next + all.length) % all.length].focus();
  }, { signal });
  // A click with the mouse must not take the selection away from the text.
  bar.addEventListener("mousedown", (event) => event.target.closest("button") && event.preventDefault(), { signal });
}
