// The document in hand: its fields, which one is in hand, what was typed, one's own steps, the way to the server.

import { Outbox } from "/static/outbox.js";
import { mark, paint, settled, typed_value, waiting } from "/static/review/marks.js";
import { Sums } from "/static/review/sums.js";

const fresh_id = () => crypto.randomUUID?.() ?? `${Date.now().toString(16)}-${Math.random().toString(16).slice(2)}`;

export class Desk {
  constructor(data) {
    this.data = data;
    this.readonly = data.readonly;
    this.fields = new Map(data.fields.map((f) => [f.id, f]));
    this.order = data.fields.map((f) => f.id);
    this.elements = new Map([...document.querySelectorAll("[data-field-id]")].map((e) => [e.dataset.fieldId, e]));
    this.sums = new Sums(data.identities, (id) => this.fields.get(id));
    this.failing = this.sums.failing();
    this.steps = [...data.steps]; // {field, revision}, what `u` takes back
    this.current = null;
    this.typed = "";
    this.since = performance.now();
    this.comment = null;
    this.listeners = { select: [], change: [], typed: [], tell: [], state: [] };
    this.outbox = new Outbox(data.document, {
      on_state: (state, left) => this.tell("state", state, left),
      on_result: (result, step) => this.result(result, step),
    });
    this.channel = "BroadcastChannel" in window ? new BroadcastChannel(`nianbao.${data.document}`) : null;
    this.channel?.addEventListener("message", (event) => this.from_other_tab(event.data));
  }

  on(kind, call) {
    this.listeners[kind].push(call);
  }

  tell(kind, ...what) {
    this.listeners[kind].forEach((call) => call(...what));
  }

  field(id = this.current) {
    return this.fields.get(id);
  }

  left() {
    return this.order.filter((id) => waiting(this.fields.get(id)));
  }

  // ---------------------------------------------------------------- which field is in hand

  select(id, { focus = true } = {}) {
    const field = this.fields.get(id);
    if (!field || !this.elements.has(id)) return;
    const before = this.current;
    if (before && this.elements.has(before)) {
      this.elements.get(before).tabIndex = -1;
      delete this.elements.get(before).dataset.current;
    }
    this.current = id;
    this.set_typed("");
    this.comment = null;
    this.since = performance.now();
    const element = this.elements.get(id);
    element.tabIndex = 0;
    element.dataset.current = "true";
    if (focus) element.focus({ preventScroll: true });
    this.tell("select", field, before);
  }

  // The next waiting field in the form's order, round the end; null where none is left.
  neighbour(step, from = this.current) {
    const left = this.left().filter((id) => id !== from);
    if (!left.length) return null;
    const at = this.order.indexOf(from);
    const ahead = left.filter((id) => (step > 0 ? this.order.indexOf(id) > at : this.order.indexOf(id) < at));
    if (step > 0) return ahead[0] ?? left[0];
    return ahead.at(-1) ?? left.at(-1);
  }

  set_typed(text) {
    this.typed = text;
    this.tell("typed", text);
  }

  typed_value() {
    return this.typed ? typed_value(this.typed, this.field()) : null;
  }

  // ---------------------------------------------------------------- settling

  // Settle the field in hand and go on.  Returns false where there is nothing to settle with.
  settle(verdict, value, state) {
    const field = this.field();
    if (!field || this.readonly) return false;
    const step = {
      step: fresh_id(), field: field.id, verdict, value, state, base_revision: field.revision,
      comment: this.comment, seconds: Math.min(86400, Math.round((performance.now() - this.since) / 100) / 10),
    };
    this.apply(field, { value, state, verdict, comment: this.comment, revision: field.revision + 1 });
    this.steps.push({ field: field.id, revision: field.revision });
    this.outbox.add(step);
    const next = this.neighbour(1, field.id);
    if (next) this.select(next);
    else this.finished(field);
    return true;
  }

  finished(field) {
    this.set_typed("");
    this.tell("select", field, null);
    const button = document.getElementById("finish");
    if (button) button.focus();
  }

  undo() {
    if (this.readonly) return null;
    const last = this.steps.pop();
    if (!last) return null;
    const field = this.fields.get(last.field);
    const before = field.before?.[last.revision] ?? null;
    const step = {
      step: fresh_id(), field: field.id, verdict: "withdrawn", base_revision: field.revision, undoes: last.revision,
    };
    const restored = before ?? { ...field.extracted, verdict: null, comment: null };
    this.apply(field, { ...restored, revision: field.revision + 1 }, false);
    this.outbox.add(step);
    this.select(field.id);
    return field;
  }

  apply(field, change, remember = true) {
    if (remember) {
      field.before ??= {};
      field.before[change.revision] = {
        value: field.value, state: field.state, verdict: field.verdict, comment: field.comment,
      };
    }
    Object.assign(field, change);
    this.repaint(field.id);
    this.channel?.postMessage({ id: field.id, change });
  }

  repaint(id) {
    const before = this.failing;
    this.failing = this.sums.failing();
    const touched = new Set([id]);
    for (const other of before) if (!this.failing.has(other)) touched.add(other);
    for (const other of this.failing) if (!before.has(other)) touched.add(other);
    touched.forEach((one) => {
      if (this.elements.has(one)) paint(this.fields.get(one), this.elements.get(one), this.failing);
    });
    this.tell("change", id);
  }

  paint_all() {
    for (const [id, element] of this.elements) paint(this.fields.get(id), element, this.failing);
  }

  mark(id) {
    return mark(this.fields.get(id), this.failing);
  }

  settled(id) {
    return settled(this.fields.get(id));
  }

  // ---------------------------------------------------------------- what the server and other tabs say

  result(result, step) {
    const field = this.fields.get(step.field);
    if (result.status === "done") {
      // Later steps of the same field may be on their way: only their own answer changes what is shown.
      const later = this.outbox.steps().some((s) => s.field === step.field);
      if (!later && field && result.field) this.take(field, result.field);
      return;
    }
    this.steps = this.steps.filter((s) => s.field !== step.field);
    if (field && result.field) this.take(field, result.field);
    this.tell("tell", result.status === "revision_conflict" ? "conflict" : "refused", result, field);
  }

  take(field, told) {
    Object.assign(field, {
      value: told.value, state: told.state, revision: told.revision, verdict: told.verdict, by: told.by, comment: told.comment,
    });
    this.repaint(field.id);
    this.channel?.postMessage({ id: field.id, change: { ...told, id: undefined } });
  }

  from_other_tab({ id, change }) {
    const field = this.fields.get(id);
    if (!field || (change.revision ?? 0) < field.revision) return;
    delete change.id;
    Object.assign(field, change);
    this.repaint(id);
  }

  // Steps that an earlier page left behind: shown as done, then sent.
  resume() {
    for (const step of this.outbox.steps()) {
      const field = this.fields.get(step.field);
      if (!field || step.base_revision !== field.revision) continue;
      const undone = step.undoes ? { ...field.extracted, verdict: null } : { value: step.value, state: step.state, verdict: step.verdict };
      this.apply(field, { ...undone, comment: step.comment ?? null, revision: field.revision + 1 });
      if (!step.undoes) this.steps.push({ field: field.id, revision: field.revision });
    }
    this.outbox.flush();
  }
}
