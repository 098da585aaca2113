// The field in hand: its crop, where it stands, what speaks for and against it, its sums while one types.

import { say, settled, shown, state_words } from "/static/review/marks.js";
import { plain } from "/static/review/sums.js";

const get = (id) => document.getElementById(id);
const ENGINES = { ink: "墨迹", sums: "勾稽推算", region: "重新识别" };

export const crop_url = (desk, id) => `/api/v1/documents/${desk.data.document}/fields/${encodeURIComponent(id)}/crop.png`;

export class Inspector {
  constructor(desk, pages) {
    this.desk = desk;
    this.pages = pages;
    this.ready = new Map(); // pictures that were asked for beforehand
    desk.on("select", (field) => this.show(field));
    desk.on("typed", () => this.show_typed());
    desk.on("change", (id) => {
      if (id === desk.current) this.show_state();
      this.show_sums();
    });
    get("crop-image").addEventListener("load", () => {
      delete get("crop-image").dataset.coming;
      this.frame();
    });
    get("crop-image").addEventListener("error", () => this.no_picture(say("图像无法显示")));
  }

  show(field) {
    get("f-row").textContent = field.row.replaceAll("/", " › ");
    get("f-column").textContent = ` ${field.column.replaceAll("/", " › ")}`;
    this.show_crop(field);
    this.show_reasons(field);
    this.show_candidates(field);
    this.show_state();
    this.show_typed();
    this.prefetch(field);
  }

  show_crop(field) {
    const image = get("crop-image");
    if (!field.page || !field.box) {
      const told = field.state === "missing" ? say("文中没有这一格") : field.raw;
      this.no_picture(told || say("格内为空"));
      this.printed(field);
      return;
    }
    get("crop-none").hidden = true;
    image.hidden = false;
    image.alt = `${field.row} ${field.column}`;
    const url = crop_url(this.desk, field.id);
    get("crop-frame").hidden = true;
    if (image.getAttribute("src") !== url) {
      image.dataset.coming = "true"; // never the last field's cell beside this field's value
      image.src = url;
    } else this.frame();
    this.pages.strip(field, get("strip"));
  }

  // A frame around the cell itself: the crop shows its neighbours too.
  frame() {
    const field = this.desk.field();
    const page = field?.box && this.desk.data.pages[field.page - 1];
    const image = get("crop-image");
    if (!page || !image.naturalWidth) return;
    const [x0, top, x1, bottom] = field.box;
    const [mx, my] = this.desk.data.crop_margin;
    const left = Math.max(0, x0 - mx);
    const upper = Math.max(0, top - my);
    const points = Math.min(page.width, x1 + mx) - left;
    const scale = Math.min(image.clientWidth / image.naturalWidth, image.clientHeight / image.naturalHeight);
    const unit = (image.naturalWidth * scale) / points;
    const dx = (image.clientWidth - image.naturalWidth * scale) / 2;
    const dy = (image.clientHeight - image.naturalHeight * scale) / 2;
    const style = get("crop-frame").style;
    style.left = `${dx + (x0 - left) * unit - 3}px`;
    style.top = `${dy + (top - upper) * unit - 3}px`;
    style.width = `${(x1 - x0) * unit + 6}px`;
    style.height = `${(bottom - top) * unit + 6}px`;
    get("crop-frame").hidden = false;
  }

  no_picture(text) {
    get("crop-frame").hidden = true;
    get("crop-image").hidden = true;
    get("crop-none").hidden = false;
    get("crop-none").textContent = text;
  }

  // Sources without pages: the labels as the document itself has them, in place of the row's picture.
  printed(field) {
    const strip = get("strip");
    strip.replaceChildren();
    strip.style.height = "";
    const line = document.createElement("p");
    line.textContent = [field.label, field.head].filter(Boolean).join(" · ");
    strip.append(line);
  }

  show_reasons(field) {
    get("f-reasons").replaceChildren(
      ...field.reasons.map((reason) => {
        const item = document.createElement("li");
        item.textContent = reason.text;
        item.dataset.reason = reason.code;
        return item;
      }),
    );
  }

  show_candidates(field) {
    const list = this.desk.candidates(field);
    get("f-candidates").replaceChildren(
      ...list.map((one, n) => {
        const button = document.createElement("button");
        button.type = "button";
        button.dataset.candidate = String(n + 1);
        button.disabled = this.desk.readonly;
        const key = document.createElement("kbd");
        key.textContent = `Alt+${n + 1}`;
        const value = document.createElement("b");
        value.textContent = one.state === "printed" ? String(one.value) : one.text || state_words(one.state);
        const from = document.createElement("small");
        const share = one.p === null || one.p === undefined ? "" : ` ${(100 * one.p).toFixed(1)} %`;
        from.textContent = `${say(ENGINES[one.from] ?? one.from)}${share}`;
        button.append(key, value, from);
        return button;
      }),
    );
  }

  show_state() {
    const field = this.desk.field();
    if (!field) return;
    const by = settled(field) && field.by ? ` · ${field.by}` : "";
    const comment = field.comment ? ` · ${field.comment}` : "";
    get("f-state").textContent = `${say({ confirmed: "已确认", corrected: "已更正", source: "原文有误", doubtful: "待核对", failing: "勾稽不成立", accepted: "已采信" }[this.desk.mark(field.id)])}${by}${comment}`;
    get("f-state").dataset.mark = this.desk.mark(field.id);
    get("f-confidence").textContent = say("把握 {p}", { p: `${(100 * field.confidence).toFixed(field.confidence > 0.99 ? 2 : 1)} %` });
  }

  show_typed() {
    const field = this.desk.field();
    if (!field) return;
    const output = get("typed");
    const typed = this.desk.typed;
    output.textContent = typed || shown(field) || state_words(field.state);
    output.dataset.typing = String(Boolean(typed));
    const told = this.desk.typed_value();
    output.dataset.bad = String(Boolean(told?.problem));
    output.title = told?.problem ?? "";
    const cell = this.desk.elements.get(field.id);
    cell.querySelector(".v").textContent = typed || shown(field);
    cell.dataset.typing = String(Boolean(typed));
    this.show_sums();
  }

  show_sums() {
    const field = this.desk.field();
    if (!field) return;
    const told = this.desk.typed_value();
    const stands = told && !told.problem ? { ...field, ...told } : null;
    const box = get("f-sums");
    const found = this.desk.sums.around(field.id, stands);
    found.sort((a, b) => Number(b.holds === false) - Number(a.holds === false));
    box.replaceChildren(...found.map((one) => this.sum(one)));
  }

  sum({ identity, holds, parts, equals, difference }) {
    const line = document.createElement("button");
    line.type = "button";
    line.className = "sum";
    line.dataset.holds = String(holds);
    line.dataset.rule = identity.rule;
    const place = document.createElement("span");
    place.className = "place";
    place.textContent = identity.place.split("/").at(-1) || "";
    const both = document.createElement("span");
    both.className = "both";
    both.textContent = holds === null ? say("无法判断") : `Σ ${plain(parts)} ${holds ? "=" : "≠"} ${plain(equals)}`;
    const word = document.createElement("span");
    word.className = "difference";
    word.textContent = holds === null ? "" : holds ? say("两侧相等") : say("相差 {n}", { n: plain(difference) });
    line.title = holds === null ? "" : identity.words.replace("{computed}", plain(parts)).replace("{printed}", plain(equals));
    line.append(place, both, word);
    line.addEventListener("mouseenter", () => this.desk.show_sum(identity));
    line.addEventListener("mouseleave", () => this.desk.show_sum(null));
    return line;
  }

  // The next two crops are there before they are asked for.
  prefetch(field) {
    let from = field.id;
    for (let n = 0; n < 2; n += 1) {
      from = this.desk.neighbour(1, from);
      const next = from && this.desk.field(from);
      if (!next || from === field.id) return;
      if (next.page && next.box && !this.ready.has(from)) {
        const picture = new Image();
        picture.src = crop_url(this.desk, from);
        this.ready.set(from, picture);
      }
    }
  }
}
