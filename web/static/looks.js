// One figure after the other: type what is printed, Enter.
import { send } from "/static/outbox.js";
import { typed_value, use_words } from "/static/review/marks.js";

const get = (id) => document.getElementById(id);
const look = get("look");

if (look) {
  const words = JSON.parse(get("words").textContent);
  use_words(words);
  const field = { decimal: look.dataset.decimal === "true", signed: look.dataset.signed === "true" };
  let typed = "";
  let given = null;
  let sending = false;

  const show = (text) => {
    typed = text;
    given = null;
    get("answer").textContent = text;
    get("ask").hidden = true;
  };
  const say = (text) => {
    get("ask").textContent = text;
    get("ask").hidden = false;
  };

  async function submit(told) {
    if (sending) return;
    const sure = given !== null && JSON.stringify(given) === JSON.stringify(told);
    sending = true;
    try {
      const answer = await send(`/looks/${look.dataset.id}/answer`, { ...told, sure });
      if (!answer.ok && answer.status !== 409) return say(answer.told?.detail ?? String(answer.status));
      if (answer.ok && answer.told.ask) {
        given = told;
        return say(words.ask.replace("{system}", answer.told.system));
      }
      const kind = look.dataset.kind;
      return window.location.assign(kind ? `/looks?kind=${kind}` : "/looks");
    } catch {
      return say("…"); // without a network: press Enter again
    } finally {
      sending = false;
    }
  }

  const deeds = {
    send() {
      if (given && !typed) return submit(given);
      const told = typed_value(typed, field);
      return told.problem ? say(told.problem) : submit({ value: told.value, state: told.state });
    },
    blank: () => submit({ value: null, state: "blank" }),
    illegible: () => submit({ value: null, state: "illegible" }),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("a, button")) return;
    const keys = { b: deeds.blank, x: deeds.illegible, n: () => get("skip").click(), Escape: () => show(""), Backspace: () => show(typed.slice(0, -1)) };
    if (/^[0-9./—-]$/.test(event.key)) show(typed + event.key);
    else if (event.key === "Enter" && !event.repeat) deeds.send();
    else if (keys[event.key] && !event.repeat) keys[event.key]();
    else return;
    event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    const name = event.target.closest("[data-look]")?.dataset.look;
    if (name) deeds[name]();
  });
  get("answer").focus();
  look.dataset.ready = "true";
}
