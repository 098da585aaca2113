// What every page needs: the CSRF token on htmx's calls, confirmation of deeds, and steps of reviews that an
// earlier page could not send.
import { Outbox, csrf, user } from "/static/outbox.js";

document.body.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRF-Token"] = csrf();
});

document.addEventListener("submit", (event) => {
  const words = event.target.dataset?.confirm;
  if (words && !window.confirm(words)) event.preventDefault();
});

if (user() && !document.getElementById("data")) {
  const told = document.getElementById("outbox");
  const show = (left) => {
    if (!told) return;
    told.hidden = left === 0;
    told.textContent = left ? `⇡ ${left}` : "";
  };
  for (const document_id of Outbox.waiting()) {
    const box = new Outbox(document_id, { on_state: (_state, left) => show(left) });
    box.flush();
  }
}
