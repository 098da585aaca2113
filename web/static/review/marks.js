// How a field looks: its text, its mark, its name for screen readers.  The same rule as web/pages/desk.py.

let words = {};
export function use_words(table) {
  words = table;
}
export function say(text, names = {}) {
  let out = words[text] ?? text;
  for (const [name, value] of Object.entries(names)) out = out.replaceAll(`{${name}}`, String(value));
  return out;
}

const MARK_WORDS = { accepted: "已采信", doubtful: "待核对", failing: "勾稽不成立", corrected: "已更正", confirmed: "已确认", source: "原文有误" };
const VERDICTS = { confirmed: "confirmed", misread: "corrected", source_wrong: "source" };
const STATE_WORDS = { blank: "格内为空", mark: "符号", missing: "缺行或缺列", illegible: "无法辨认", printed: "数字" };

export const mark_words = (mark) => say(MARK_WORDS[mark]);
export const state_words = (state) => say(STATE_WORDS[state]);

export function shown(field) {
  if (field.state === "printed") return String(field.value);
  if (field.state === "mark") {
    const raw = (field.raw ?? "").trim();
    return ["/", "-", "—", "–", "无", "／"].includes(raw) ? raw : "/";
  }
  return { missing: "缺", illegible: "※" }[field.state] ?? "";
}

export const settled = (field) => Boolean(field.verdict) && field.verdict !== "withdrawn";
export const waiting = (field) => field.doubtful && !settled(field);

export function mark(field, failing) {
  if (settled(field)) return VERDICTS[field.verdict];
  if (field.doubtful) return "doubtful";
  return failing.has(field.id) ? "failing" : "accepted";
}

export function paint(field, element, failing) {
  const now = mark(field, failing);
  element.dataset.state = field.state;
  element.dataset.needsReview = String(waiting(field));
  element.dataset.mark = now;
  element.dataset.fails = String(failing.has(field.id));
  element.querySelector(".v").textContent = shown(field);
  const value = shown(field) || state_words("blank");
  const fails = failing.has(field.id) && now !== "failing" ? `，${mark_words("failing")}` : "";
  element.setAttribute("aria-label", `${field.row.replaceAll("/", " ")}，${field.column.replaceAll("/", " ")}：${value}，${mark_words(now)}${fails}`);
}

// What was typed, as value and state; null where it is no figure of this field, with the reason.
export function typed_value(text, field) {
  const plain = text.trim();
  if (["/", "-", "—", "–", "无", "／"].includes(plain)) return { value: null, state: "mark" };
  if (!/^-?\d{1,15}(\.\d{1,6})?$/.test(plain)) return { problem: say("不是有效的数字") };
  if (plain.startsWith("-") && !field.signed) return { problem: say("该字段不能是负数") };
  if (field.decimal) return { value: plain, state: "printed" };
  if (plain.includes(".")) return { problem: say("该字段应为整数") };
  return { value: Number(plain), state: "printed" };
}
