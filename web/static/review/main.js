// The review page: puts the parts together.

import { send } from "/static/outbox.js";
import { Inspector } from "/static/review/inspector.js";
import { Keys } from "/static/review/keys.js";
import { say, use_words } from "/static/review/marks.js";
import { Pages } from "/static/review/pages.js";
import { exact } from "/static/review/sums.js";
import { Desk } from "/static/review/state.js";

const get = (id) => document.getElementById(id);
const read = (id) => JSON.parse(get(id).textContent);

use_words(read("words"));
const data = read("data");
const desk = new Desk(data);
const query = new URLSearchParams(data.query).toString();
const place = (path) => `/review/${data.document}/${path}${query ? `?${query}` : ""}`;

// Candidates of a field: what the extraction had, then what was read in regions that people drew.
const regions = new Map();
for (const region of data.regions) add_region(region.field, region.readings);

function add_region(field, readings) {
  const found = regions.get(field) ?? [];
  for (const one of readings) found.unshift({ text: one.text, p: one.score, from: "region", value: one.value, state: one.state });
  regions.set(field, found);
}

desk.candidates = (field) => {
  const same = (a, b) => a.value === b.value && a.state === b.state;
  const read_again = (regions.get(field.id) ?? []).filter((r) => ["printed", "mark", "blank"].includes(r.state));
  const out = [];
  for (const one of [...read_again, ...field.candidates]) if (!out.some((other) => same(one, other))) out.push(one);
  return out.slice(0, 3);
};

desk.show_sum = (identity) => {
  document.querySelectorAll("[data-in-sum]").forEach((e) => delete e.dataset.inSum);
  for (const side of identity ? ["parts", "equals"] : []) {
    for (const id of identity[side]) {
      const element = desk.elements.get(id);
      if (element) element.dataset.inSum = side;
    }
  }
};

const pages = new Pages(desk);
const inspector = new Inspector(desk, pages);

// ---------------------------------------------------------------- what is told

function notice(text, kind = "") {
  const element = get("notice");
  element.hidden = !text;
  element.textContent = text;
  element.dataset.kind = kind;
}

function count() {
  const left = desk.left().length;
  get("counter").textContent = left ? say("还有 {n} 个字段待核对", { n: left }) : say("全部核对完毕");
  get("counter").dataset.left = String(left);
  const finish = get("finish");
  if (finish) finish.disabled = left > 0 || desk.readonly;
  document.querySelectorAll("[data-left]").forEach((element) => {
    if (element.id === "counter") return;
    const mine = desk.left().filter((id) => String(desk.field(id).table) === element.dataset.left).length;
    element.textContent = mine ? say("待核对 {n}", { n: mine }) : "";
  });
}

desk.on("change", count);
desk.on("state", (state, left) => {
  const words = { saved: "已保存", saving: "正在保存", offline: "网络中断，{n} 步已留在本机，恢复后自动发送", signed_out: "登录已过期，请在新窗口登录后继续；{n} 步已留在本机" };
  get("saved").textContent = say(words[state], { n: left });
  get("saved").dataset.state = state;
});
desk.on("tell", (kind, result, field) => {
  const name = field ? `${field.row} ${field.column}`.replaceAll("/", " ") : "";
  if (kind === "conflict") notice(say("他人已先处理：{field}", { field: name }), "warn");
  else if (kind === "refused") notice(say("未能保存：{message}", { message: `${name} ${result.message ?? ""}` }), "warn");
  else if (kind === "draw") notice(say("在页面上拖出一个框，重新识别该处"));
  else notice("");
});

desk.on("select", (field) => {
  const element = desk.elements.get(field.id);
  const view = get("tables");
  const here = view.getBoundingClientRect();
  const there = element.getBoundingClientRect();
  if (there.top < here.top + 20 || there.bottom > here.bottom - 20) view.scrollTop += there.top - here.top - here.height / 2;
});

// ---------------------------------------------------------------- deeds

function same(field, told) {
  if (field.state !== told.state) return false;
  return field.state !== "printed" || exact(field.value) === exact(told.value);
}

// A value for the field in hand: confirmed where it is what was read, else a correction.
function correct(told) {
  const field = desk.field();
  if (same(field, told)) return desk.settle("confirmed", field.value, field.state);
  return desk.settle("misread", told.value, told.state);
}

const deeds = {
  enter() {
    const field = desk.field();
    if (!field) return go_first();
    const told = desk.typed_value();
    if (told?.problem) return notice(told.problem, "warn");
    notice("");
    if (told) return correct(told);
    return desk.settle("confirmed", field.value, field.state);
  },
  type(key) {
    if (desk.readonly || !desk.field()) return;
    if (document.activeElement !== desk.elements.get(desk.current)) desk.elements.get(desk.current).focus({ preventScroll: true });
    if (desk.typed.length < 18) desk.set_typed(desk.typed + key);
  },
  candidate(n) {
    const field = desk.field();
    const one = field && desk.candidates(field)[n - 1];
    if (one) correct({ value: one.state === "printed" ? one.value : null, state: one.state });
  },
  suggestion() {
    const field = desk.field();
    if (field?.suggestion === null || field?.suggestion === undefined) return;
    correct({ value: field.suggestion, state: "printed" });
  },
  blank: () => desk.field() && correct({ value: null, state: "blank" }),
  mark: () => desk.field() && correct({ value: null, state: "mark" }),
  illegible: () => desk.field() && correct({ value: null, state: "illegible" }),
  wrong() {
    const field = desk.field();
    const told = desk.typed_value();
    if (!field || told?.problem) return;
    desk.settle("source_wrong", told ? told.value : field.value, told ? told.state : field.state);
  },
  undo() {
    const field = desk.undo();
    notice(field ? say("已撤销：{field}", { field: `${field.row} ${field.column}`.replaceAll("/", " ") }) : say("没有可撤销的操作"));
  },
  accept: () => deeds.enter(),
  go(step) {
    const next = desk.neighbour(step);
    if (next) desk.select(next);
  },
  beside(step) {
    const at = desk.order.indexOf(desk.current);
    const next = desk.order[at + step];
    if (next) desk.select(next);
  },
  comment: () => ask(say("备注"), false).then((told) => {
    if (told) desk.comment = told.text || null;
  }),
  help() {
    const dialog = get("help");
    if (dialog.open) dialog.close();
    else dialog.showModal();
  },
  tool: (name) => pages.tool(name),
  escape: () => (pages.drawing ? pages.set_drawing(false) : notice("")),
  finish: () => decide("signed"),
};

function go_first() {
  const first = desk.left()[0] ?? desk.order.find((id) => desk.failing.has(id)) ?? desk.order[0];
  if (first) desk.select(first);
}

// ---------------------------------------------------------------- the document as a whole

let deciding = false;
async function decide(state) {
  if (deciding || (desk.readonly && state !== "open")) return;
  const left = desk.left().length;
  if (state === "signed" && left) return notice(say("还有 {n} 个字段待核对", { n: left }), "warn");
  let told = {};
  if (state !== "signed" && state !== "open") {
    const labels = { postponed: "推迟", rejected: "退回", escalated: "上报" };
    told = await ask(document.querySelector(`[data-decide="${state}"]`)?.textContent ?? labels[state], true, state === "postponed");
    if (!told) return;
  }
  deciding = true;
  try {
    if (!(await desk.outbox.flush())) return;
    const answer = await send(place("decide"), { state, reason: told.text ?? null, ...(told.seconds ? { seconds: told.seconds } : {}) });
    if (answer.ok) window.location.assign(answer.told.next);
    else notice(say("未能保存：{message}", { message: answer.told?.detail ?? answer.status }), "warn");
  } catch {
    notice(say("网络中断，{n} 步已留在本机，恢复后自动发送", { n: desk.outbox.steps().length }), "warn");
  } finally {
    deciding = false;
  }
}

// A dialog for words; resolves to null where it was cancelled.
function ask(title, needed, until = false) {
  const dialog = get("reason");
  get("reason-title").textContent = title;
  get("reason-text").value = "";
  get("reason-text").required = needed;
  get("until-label").hidden = !until;
  dialog.returnValue = "";
  dialog.showModal();
  get("reason-text").focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      const text = get("reason-text").value.trim();
      const told = dialog.returnValue === "ok" && (text || !needed) ? { text, seconds: until ? Number(get("until").value) : 0 } : null;
      const element = desk.elements.get(desk.current);
      if (element) element.focus({ preventScroll: true });
      resolve(told);
    }, { once: true });
  });
}

get("reason-cancel").addEventListener("click", () => get("reason").close(""));
get("reason-text").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  if (get("reason-form").reportValidity()) get("reason").close("ok");
});

pages.on_region = async (number, box) => {
  const field = desk.field();
  if (!field || desk.readonly) return;
  notice(say("正在重新识别…"));
  try {
    const answer = await send(`/review/${data.document}/region`, { field: field.id, page: number, box });
    if (!answer.ok) return notice(answer.told?.detail ?? `${answer.status}`, "warn");
    add_region(field.id, answer.told.readings);
    const texts = answer.told.readings.filter((r) => r.text).map((r) => r.text);
    notice(texts.length ? `${say("重新识别")}：${[...new Set(texts)].join(" / ")}` : say("该处没有读出数字"));
    if (desk.current === field.id) inspector.show_candidates(field);
  } catch {
    notice(say("网络中断，{n} 步已留在本机，恢复后自动发送", { n: desk.outbox.steps().length }), "warn");
  }
};

// ---------------------------------------------------------------- wiring

document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-field-id], [data-deed], [data-tool], [data-decide], [data-candidate], [data-goto], #finish, #help-open");
  if (!target || target.disabled) return;
  if (target.dataset.fieldId) desk.select(target.dataset.fieldId);
  else if (target.dataset.deed) {
    deeds[target.dataset.deed]();
    if (!["comment"].includes(target.dataset.deed) && document.activeElement === target) desk.elements.get(desk.current)?.focus({ preventScroll: true });
  } else if (target.dataset.tool) pages.tool(target.dataset.tool);
  else if (target.dataset.decide) decide(target.dataset.decide);
  else if (target.dataset.candidate) deeds.candidate(Number(target.dataset.candidate));
  else if (target.dataset.goto) desk.select(target.dataset.goto);
  else if (target.id === "finish") decide("signed");
  else if (target.id === "help-open") deeds.help();
});

window.addEventListener("beforeunload", () => desk.outbox.flush());

function keep_lease() {
  if (desk.readonly) return;
  send(`/api/v1/review/documents/${data.document}/lease`, undefined, "PUT").then((answer) => {
    if (answer.status !== 409) return;
    desk.readonly = true;
    notice(say("已由 {name} 接手，本页只读", { name: answer.told?.holder ?? "" }), "warn");
    count();
  }).catch(() => undefined); // without a network the lease runs out, and revisions decide
}

window.setInterval(keep_lease, Math.max(20, data.lease_seconds / 3) * 1000);

desk.resume();
desk.paint_all();
pages.colour_all();
count();
new Keys(desk, deeds);
const wanted = window.location.hash.slice(1);
if (wanted && desk.fields.has(wanted)) desk.select(wanted);
else if (desk.left().length || desk.readonly || data.review_state === "none") go_first();
else {
  desk.select(desk.order[0], { focus: false });
  get("finish")?.focus();
}
if (!desk.readonly) {
  window.setTimeout(() => fetch(place("coming"), { credentials: "same-origin" }).catch(() => undefined), 1500);
}
document.body.dataset.ready = "true";
