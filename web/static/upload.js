// Uploads: one request per file, three at a time, retried by itself after a lost network; the same file sent
// twice is taken once, because each carries a key of its own.

import { csrf, send } from "/static/outbox.js";

const get = (id) => document.getElementById(id);
const AT_ONCE = 3;
const TRIES = 6;
const words = get("words") ? JSON.parse(get("words").textContent) : {};
const form = get("upload");
const queue = [];
let batch = null;
let running = 0;

const size_words = (n) => (n < 1048576 ? `${Math.max(1, Math.round(n / 1024))} KB` : `${(n / 1048576).toFixed(1)} MB`);
const fill = (text, names) => Object.entries(names).reduce((out, [k, v]) => out.replaceAll(`{${k}}`, v), text);

function add(files, title) {
  const bytes = files.reduce((sum, file) => sum + file.size, 0);
  const row = get("file-list").tBodies[0].insertRow();
  const [name, size, bar, told] = [0, 1, 2, 3].map(() => row.insertCell());
  name.textContent = title ?? path_of(files[0]);
  size.textContent = size_words(bytes);
  size.className = "num";
  const progress = document.createElement("progress");
  progress.max = 1;
  progress.value = 0;
  progress.setAttribute("aria-label", title ?? files[0].name);
  bar.append(progress);
  told.textContent = words.waiting;
  const item = { files, one: Boolean(title), row, progress, told, tries: 0, sent: 0, state: "waiting", key: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}` };
  if (files.some((file) => file.size === 0)) fail(item, words.empty);
  else if (bytes > Number(form.dataset.most) && (title || !/\.zip$/i.test(files[0].name))) fail(item, words.too_large);
  queue.push(item);
}

function fail(item, text) {
  item.state = "failed";
  item.progress.classList.add("bad");
  item.told.className = "bad";
  item.told.textContent = text;
}

async function make_batch() {
  if (batch) return batch;
  const kind = get("second-look").value;
  const name = get("batch-name").value.trim() || new Date().toLocaleString("sv-SE").slice(0, 16);
  const body = { name, second_look: kind, second_share: kind === "share" ? Number(get("second-percent").value) / 100 : 0 };
  const answer = await send("/api/v1/batches", body);
  if (!answer.ok) throw new Error(answer.told?.detail ?? String(answer.status));
  batch = answer.told.id;
  get("to-batch").href = `/batches/${batch}`;
  return batch;
}

function post(item) {
  return new Promise((resolve) => {
    const call = new XMLHttpRequest();
    call.open("POST", `/api/v1/documents?batch=${encodeURIComponent(batch)}${item.one ? "&one=true" : ""}`);
    call.setRequestHeader("X-CSRF-Token", csrf());
    call.setRequestHeader("Idempotency-Key", item.key);
    call.upload.addEventListener("progress", (event) => {
      item.sent = event.loaded / Math.max(1, event.total);
      item.progress.value = item.sent * 0.98;
      total();
    });
    call.addEventListener("loadend", () => {
      let told = null;
      try {
        told = JSON.parse(call.responseText);
      } catch {
        told = null;
      }
      resolve({ status: call.status, told, wait: Number(call.getResponseHeader("Retry-After")) || 0 });
    });
    const body = new FormData();
    for (const file of item.files) body.append("file", file, path_of(file));
    call.send(body);
  });
}

const sleep = (seconds) => new Promise((resolve) => window.setTimeout(resolve, 1000 * seconds));

async function one(item) {
  item.state = "sending";
  item.told.className = "";
  item.progress.classList.remove("bad");
  item.told.textContent = words.sending;
  for (;;) {
    const { status, told, wait } = await post(item);
    if (status === 202) return taken(item, told.documents);
    item.tries += 1;
    if ((status === 0 || status === 429 || status === 503) && item.tries < TRIES) {
      item.told.textContent = words.network;
      await sleep(Math.max(wait, item.tries));
      continue;
    }
    fail(item, [told?.detail ?? words.failed, told?.remedy].filter(Boolean).join(" "));
    return null;
  }
}

function taken(item, documents) {
  item.state = "taken";
  item.progress.value = 1;
  item.documents = documents;
  const copies = documents.filter((d) => d.duplicate_of);
  item.told.replaceChildren();
  item.told.className = copies.length ? "warn" : "ok";
  const text = documents.length > 1 ? fill(words.members, { n: documents.length }) : words.taken;
  item.told.append(copies.length === documents.length ? words.duplicate : text);
  if (copies.length) {
    const link = document.createElement("a");
    link.href = `/review/${copies[0].duplicate_of}`;
    link.textContent = words.open;
    item.told.append(" ", link);
  }
}

function total() {
  const all = queue.length;
  const done = queue.filter((i) => i.state === "taken").length;
  const failed = queue.filter((i) => i.state === "failed").length;
  const copies = queue.filter((i) => i.documents?.some((d) => d.duplicate_of)).length;
  const sent = queue.reduce((sum, i) => sum + (i.state === "taken" || i.state === "failed" ? 1 : i.sent * 0.98), 0);
  get("total").hidden = all === 0;
  get("total-bar").value = all ? sent / all : 0;
  const parts = [fill(words.done, { done, all })];
  if (failed) parts.push(fill(words.failures, { n: failed }));
  if (copies) parts.push(fill(words.duplicates, { n: copies }));
  get("total-words").textContent = parts.join("，");
  get("retry").hidden = failed === 0;
  get("to-batch").hidden = !batch;
}

async function work() {
  total();
  try {
    await make_batch();
  } catch (error) {
    queue.filter((i) => i.state === "waiting").forEach((i) => fail(i, `${words.failed}: ${error.message}`));
    return total();
  }
  while (running < AT_ONCE) {
    const item = queue.find((i) => i.state === "waiting");
    if (!item) break;
    running += 1;
    one(item).finally(() => {
      running -= 1;
      total();
      work();
    });
  }
  if (running === 0) document.body.dispatchEvent(new Event("refresh"));
  total();
  return null;
}

// ---------------------------------------------------------------- what is dropped: files, or folders of files

const paths = new WeakMap(); // a dropped file's path inside the folder that was dropped: five reports may have one name
const path_of = (file) => paths.get(file) || file.webkitRelativePath || file.name;

async function walk(entry) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    paths.set(file, entry.fullPath.replace(/^\//, ""));
    return [file];
  }
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) break;
    for (const inner of some) found.push(...(await walk(inner)));
  }
  return found;
}

function take(files) {
  const seen = [...files].filter((file) => !file.name.startsWith("."));
  if (get("as-one").checked && seen.length > 1) {
    // Pages in the order of their names, 2 before 10: as cameras and scanners number them.
    seen.sort((a, b) => path_of(a).localeCompare(path_of(b), undefined, { numeric: true }));
    add(seen, `${path_of(seen[0])} … ${path_of(seen.at(-1))} (${fill(words.pages, { n: seen.length })})`);
  } else for (const file of seen) add([file]);
  work();
}

if (form) {
  const drop = get("drop");
  const list = get("file-list");
  const wrap = document.createElement("div");
  wrap.className = "files-wrap";
  wrap.tabIndex = 0;
  wrap.setAttribute("role", "region");
  wrap.setAttribute("aria-label", list.caption.textContent);
  list.replaceWith(wrap);
  wrap.append(list);
  const chosen = () => {
    take([...get("files").files]);
    get("files").value = "";
  };
  get("files").addEventListener("change", chosen);
  if (get("files").files.length) chosen(); // chosen before this script was there
  for (const kind of ["dragenter", "dragover"]) {
    drop.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  }
  for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, () => drop.classList.remove("over"));
  drop.addEventListener("drop", async (event) => {
    event.preventDefault();
    const entries = [...event.dataTransfer.items].map((i) => i.webkitGetAsEntry?.()).filter(Boolean);
    if (!entries.length) return take([...event.dataTransfer.files]);
    const found = [];
    for (const entry of entries) found.push(...(await walk(entry)));
    return take(found);
  });
  get("retry").addEventListener("click", () => {
    queue.filter((i) => i.state === "failed").forEach((i) => Object.assign(i, { state: "waiting", tries: 0, sent: 0 }));
    work();
  });
  get("second-look").addEventListener("change", (event) => {
    get("share-label").hidden = event.target.value !== "share";
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("beforeunload", (event) => {
    if (running) event.preventDefault();
  });
}
