// A batch's page: its numbers live by server-sent events; the rows are fetched again when documents end.

const head = document.getElementById("batch");
const live = document.getElementById("live");
const told = document.getElementById("live-words");
const clock = (seconds) => (seconds >= 3600 ? `${(seconds / 3600).toFixed(1)} h` : seconds >= 90 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds)} s`);
let timer = 0;

function show(batch) {
  for (const element of document.querySelectorAll("[data-count]")) {
    const name = element.dataset.count;
    const value = batch.counts[name] ?? batch[name];
    if (typeof value === "number") element.textContent = value;
  }
  live.max = batch.total || 1;
  live.value = batch.total - batch.counts.queued - batch.counts.running;
  told.textContent = batch.seconds_left && batch.rate ? told.dataset.rate.replace("{rate}", batch.rate.toFixed(2)).replace("{left}", clock(batch.seconds_left)) : "";
}

function rows() {
  window.clearTimeout(timer);
  timer = window.setTimeout(() => window.htmx?.trigger(document.querySelector("form.filter"), "submit"), 600);
}

if (head && (head.dataset.state === "running" || head.dataset.state === "empty")) {
  const source = new EventSource(`/api/v1/batches/${head.dataset.id}/events`);
  source.addEventListener("progress", (event) => show(JSON.parse(event.data)));
  source.addEventListener("document", rows);
  source.addEventListener("end", (event) => {
    show(JSON.parse(event.data));
    source.close();
    if (head.dataset.state === "running") window.location.reload();
  });
}
