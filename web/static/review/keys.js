// The keyboard: every deed of a reviewer without a mouse.  The field in hand has the focus; it is no input, so
// an input method for Chinese never swallows a digit.

const DIGIT = /^[0-9./—–-]$/;

export class Keys {
  constructor(desk, deeds) {
    this.desk = desk;
    this.deeds = deeds;
    document.addEventListener("keydown", (event) => this.press(event));
  }

  press(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.isComposing) return;
    if (document.querySelector("dialog[open]")) {
      if (event.key === "?" && document.getElementById("help").open) {
        event.preventDefault();
        this.deeds.help();
      }
      return;
    }
    const target = event.target;
    if (target.closest("input, textarea, select")) return;
    const on_field = target === document.body || target.closest("[data-field-id], #pages, .text-view, #main") !== null;
    // Buttons and links keep their own Enter and space; everything else is the desk's.
    const own = target.closest("button, a") && !target.closest("[data-field-id]");
    if (own && (event.key === "Enter" || event.key === " ")) return;
    const deed = this.deed(event, on_field);
    if (deed) {
      event.preventDefault();
      deed();
    }
  }

  deed(event, on_field) {
    const { desk, deeds } = this;
    const key = event.key;
    if (event.altKey) {
      const digit = /^Digit([1-3])$/.exec(event.code) ?? /^([1-3])$/.exec(key);
      return digit && !event.repeat ? () => deeds.candidate(Number(digit[1])) : null;
    }
    if (key === "Enter") return event.repeat || !on_field ? null : () => deeds.enter();
    if (DIGIT.test(key) && !(key === "0" && event.shiftKey)) return () => deeds.type(key);
    if (desk.typed) {
      if (key === "Backspace") return () => desk.set_typed(desk.typed.slice(0, -1));
      if (key === "Escape") return () => desk.set_typed("");
    }
    const moves = {
      ArrowDown: () => deeds.go(1), ArrowUp: () => deeds.go(-1), ArrowRight: () => deeds.beside(1), ArrowLeft: () => deeds.beside(-1),
    };
    if (moves[key]) return on_field && !target_scrolls(event.target) ? moves[key] : null;
    if (event.repeat && key !== "u") return null;
    const letters = {
      w: "wrong", b: "blank", x: "illegible", u: "undo", s: "suggestion", c: "comment", f: "finish", "?": "help", "？": "help",
    };
    if (letters[key.toLowerCase()]) return () => deeds[letters[key.toLowerCase()]]();
    const tools = { "[": "out", "]": "in", t: "table", r: "turn", o: "boxes", d: "draw" };
    if (tools[key.toLowerCase()]) return () => deeds.tool(tools[key.toLowerCase()]);
    if (key === "Escape") return () => deeds.escape();
    return null;
  }
}

function target_scrolls(target) {
  return target.closest?.("#pages, .text-view") !== null && target.closest?.("[data-field-id]") === null;
}
