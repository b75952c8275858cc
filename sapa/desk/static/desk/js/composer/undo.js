/* After an answer was sent: a sentence whose button counts down until the answer leaves, and takes it back. */
import { Countdown } from "./countdown.js";

export function offerUndo({ seconds, text, undo }) {
  if (!seconds) {
    document.dispatchEvent(new CustomEvent("sapa:toast", { detail: { text } }));
    return;
  }
  const toast = document.querySelector("sapa-toasts").show({ text, undo });
  const button = toast.querySelector("button");
  const countdown = new Countdown(seconds, {
    tick: (left) => (button.textContent = `${undo.label} (${left})`),
    done: () => toast.querySelector(".close")?.click(),
  });
  button.addEventListener("click", () => countdown.stop());
  countdown.start();
}
