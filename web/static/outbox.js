// Steps of a review on their way to the server.  A step is written to localStorage before it is sent and taken
// out only after the server told what came of it, so a closed tab or a lost network loses nothing.  Each step
// carries an id of its own: sent twice, it is written once.

const PREFIX = "nianbao.outbox.";
const MOST = 100; // steps in one request
const WAITS = [500, 1000, 2000, 4000, 8000, 15000];

const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? "";
export const csrf = () => meta("csrf");
export const user = () => meta("user");

export async function send(url, body, method = "POST", more = {}) {
  const answer = await fetch(url, {
    method,
    credentials: "same-origin",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf(), Accept: "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
    ...more,
  });
  const type = answer.headers.get("content-type") ?? "";
  const told = type.includes("json") ? await answer.json() : null;
  return { status: answer.status, ok: answer.ok, told };
}

export class Outbox {
  // on_state(state, left): saved, saving, offline, signed_out; on_result(result, step)
  constructor(document_id, { on_state = () => {}, on_result = () => {}, on_answer = () => {} } = {}) {
    this.document_id = document_id;
    this.key = `${PREFIX}${user()}.${document_id}`;
    this.on_state = on_state;
    this.on_result = on_result;
    this.on_answer = on_answer;
    this.running = false;
    this.tries = 0;
    this.memory = []; // where localStorage is full or forbidden
    window.addEventListener("online", () => this.flush());
    document.addEventListener("visibilitychange", () => this.flush());
  }

  static waiting() {
    const start = `${PREFIX}${user()}.`;
    return Object.keys(localStorage).filter((k) => k.startsWith(start)).map((k) => k.slice(start.length));
  }

  steps() {
    try {
      return [...JSON.parse(localStorage.getItem(this.key) ?? "[]"), ...this.memory];
    } catch {
      return [...this.memory];
    }
  }

  keep(steps) {
    const ids = new Set(this.memory.map((s) => s.step));
    this.memory = steps.filter((s) => ids.has(s.step));
    const rest = steps.filter((s) => !ids.has(s.step));
    if (rest.length) localStorage.setItem(this.key, JSON.stringify(rest));
    else localStorage.removeItem(this.key);
  }

  add(step) {
    try {
      this.keep([...this.steps(), step]);
    } catch {
      this.memory.push(step);
    }
    this.on_state("saving", this.steps().length);
    return this.flush();
  }

  async flush() {
    if (this.running) return this.running;
    if (!this.steps().length) return true;
    this.running = this.run().finally(() => {
      this.running = false;
    });
    return this.running;
  }

  async run() {
    while (this.steps().length) {
      const batch = this.steps().slice(0, MOST);
      let answer;
      try {
        answer = await send(`/review/${this.document_id}/steps`, { steps: batch }, "POST", { keepalive: batch.length < 20 });
      } catch {
        return this.later("offline");
      }
      if (answer.status === 401) return this.later("signed_out");
      if (answer.status === 403 && answer.told?.code === "csrf") return this.later("signed_out");
      if (answer.status === 429 || answer.status >= 500) return this.later("offline");
      if (!answer.ok) {
        const told = { status: answer.told?.code ?? "refused", message: answer.told?.detail ?? `${answer.status}`, field: null };
        this.done(batch);
        batch.forEach((step) => this.on_result({ ...told, step: step.step }, step));
        continue;
      }
      this.done(batch);
      answer.told.results.forEach((result, n) => this.on_result(result, batch[n]));
      this.on_answer(answer.told);
      this.tries = 0;
    }
    this.on_state("saved", 0);
    return true;
  }

  done(batch) {
    const ids = new Set(batch.map((s) => s.step));
    this.memory = this.memory.filter((s) => !ids.has(s.step));
    this.keep(this.steps().filter((s) => !ids.has(s.step)));
  }

  later(state) {
    this.on_state(state, this.steps().length);
    const wait = WAITS[Math.min(this.tries, WAITS.length - 1)];
    this.tries += 1;
    window.setTimeout(() => this.flush(), wait);
    return false;
  }
}
