// The page pictures with a box for every field: zoom, pan, turn, fit to the table, a box drawn to be read again.

import { say } from "/static/review/marks.js";

const ZOOMS = [0.5, 0.67, 0.8, 1, 1.25, 1.5, 2, 2.5, 3, 4];
const get = (id) => document.getElementById(id);

export class Pages {
  constructor(desk) {
    this.desk = desk;
    this.view = get("pages");
    this.sheets = new Map();
    this.boxes = new Map();
    this.zoom = 1;
    this.turned = 0;
    this.drawing = false;
    this.on_region = () => {};
    if (!desk.data.pages.length) {
      this.view.hidden = true;
      return;
    }
    desk.data.pages.forEach((page) => this.sheet(page));
    this.resize();
    this.pan();
    new ResizeObserver(() => this.resize()).observe(this.view);
    desk.on("select", (field, before) => this.light(field, before));
    desk.on("change", (id) => this.colour(id));
  }

  sheet(page) {
    const sheet = document.createElement("div");
    sheet.className = "sheet";
    sheet.dataset.page = page.number;
    const image = document.createElement("img");
    image.alt = say("第 {n} 页", { n: page.number });
    image.loading = "lazy";
    image.draggable = false;
    image.dataset.src = `/api/v1/documents/${this.desk.data.document}/pages/${page.number}.png`;
    sheet.append(image);
    for (const field of this.desk.data.fields) {
      if (field.page !== page.number || !field.box) continue;
      const box = document.createElement("div");
      box.className = "box";
      box.dataset.boxFor = field.id;
      const [x0, top, x1, bottom] = field.box;
      box.style.left = `${(100 * x0) / page.width}%`;
      box.style.top = `${(100 * top) / page.height}%`;
      box.style.width = `${(100 * (x1 - x0)) / page.width}%`;
      box.style.height = `${(100 * (bottom - top)) / page.height}%`;
      box.addEventListener("click", () => {
        if (!this.drawing) this.desk.select(field.id);
      });
      this.boxes.set(field.id, box);
      sheet.append(box);
    }
    this.view.append(sheet);
    this.sheets.set(page.number, { ...page, element: sheet, image });
    this.watch(sheet, image);
    this.draw_on(sheet, page);
  }

  // A picture is asked for when its page comes near: the crop in hand has the drawing process first.
  watch(sheet, image) {
    this.watcher ??= new IntersectionObserver(
      (entries) => entries.filter((e) => e.isIntersecting).forEach((e) => this.load(e.target.querySelector("img"))),
      { root: this.view, rootMargin: "200px" },
    );
    image.addEventListener("load", () => sheet.classList.add("there"));
    window.setTimeout(() => this.watcher.observe(sheet), 0);
  }

  load(image) {
    if (!image.getAttribute("src")) image.src = image.dataset.src;
  }

  colour_all() {
    for (const id of this.boxes.keys()) this.colour(id);
  }

  colour(id) {
    const box = this.boxes.get(id);
    if (box) box.dataset.mark = this.desk.mark(id);
  }

  light(field, before) {
    if (before && this.boxes.has(before)) delete this.boxes.get(before).dataset.current;
    const box = this.boxes.get(field.id);
    get("page-words").textContent = field.page ? say("第 {n} 页", { n: field.page }) : "";
    if (!box) return this.near(field);
    box.dataset.current = "true";
    const sheet = this.sheets.get(field.page);
    if (sheet) this.load(sheet.image);
    this.reveal(box);
  }

  // A field that has no place on the page: where its table's next one before it, or after it, stands.
  near(field) {
    const all = this.desk.data.fields;
    const at = all.findIndex((f) => f.id === field.id);
    const placed = (f) => f.table === field.table && this.boxes.has(f.id);
    const other = all.slice(0, at).reverse().find(placed) ?? all.slice(at).find(placed);
    if (!other) return;
    const sheet = this.sheets.get(other.page);
    if (sheet) this.load(sheet.image);
    this.reveal(this.boxes.get(other.id));
  }

  reveal(box) {
    const here = this.view.getBoundingClientRect();
    const there = box.getBoundingClientRect();
    const inside = there.top > here.top + 30 && there.bottom < here.bottom - 30 && there.left > here.left && there.right < here.right;
    if (inside) return;
    this.view.scrollTop += there.top - here.top - here.height / 2;
    this.view.scrollLeft += there.left - here.left - here.width / 2;
  }

  // ---------------------------------------------------------------- zoom, turn, fit

  resize() {
    const room = this.view.clientWidth - 24;
    const lying = this.turned % 180 !== 0;
    for (const { width, height, element } of this.sheets.values()) {
      const scale = (room / (lying ? height : width)) * this.zoom;
      element.style.width = `${width * scale}px`;
      element.style.height = `${height * scale}px`;
      element.style.transform = this.turned ? `rotate(${this.turned}deg)` : "";
      const spare = lying ? (height - width) * scale : 0;
      element.style.margin = lying ? `${12 - spare / 2}px ${12 + spare / 2}px ${12 - spare / 2}px` : "";
    }
    get("zoom").textContent = `${Math.round(100 * this.zoom)} %`;
  }

  set_zoom(zoom) {
    const middle = (this.view.scrollTop + this.view.clientHeight / 2) / this.view.scrollHeight;
    const across = (this.view.scrollLeft + this.view.clientWidth / 2) / this.view.scrollWidth;
    this.zoom = zoom;
    this.resize();
    this.view.scrollTop = middle * this.view.scrollHeight - this.view.clientHeight / 2;
    this.view.scrollLeft = across * this.view.scrollWidth - this.view.clientWidth / 2;
  }

  tool(name) {
    if (!this.sheets.size) return;
    if (name === "in") this.set_zoom(ZOOMS.find((z) => z > this.zoom + 0.01) ?? this.zoom);
    if (name === "out") this.set_zoom(ZOOMS.findLast((z) => z < this.zoom - 0.01) ?? this.zoom);
    if (name === "width") this.set_zoom(1);
    if (name === "table") this.fit_table();
    if (name === "turn") {
      this.turned = (this.turned + 90) % 360;
      this.resize();
    }
    if (name === "boxes") {
      const hidden = this.view.classList.toggle("no-boxes");
      document.querySelector('[data-tool="boxes"]').setAttribute("aria-pressed", String(!hidden));
    }
    if (name === "draw") this.set_drawing(!this.drawing);
  }

  // The part of the page that the table of the field in hand covers fills the pane.
  fit_table() {
    const field = this.desk.field();
    if (!field?.page) return;
    const mine = this.desk.data.fields.filter((f) => f.table === field.table && f.page === field.page && f.box);
    const { width } = this.sheets.get(field.page);
    const left = Math.min(...mine.map((f) => f.box[0]));
    const right = Math.max(...mine.map((f) => f.box[2]));
    const from = Math.max(0, left - 0.45 * (right - left) - 20);
    this.set_zoom(Math.min(4, Math.max(0.5, width / (right + 12 - from))));
    const here = this.view.getBoundingClientRect();
    const first = mine.reduce((a, b) => (a.box[1] < b.box[1] ? a : b));
    const there = this.boxes.get(first.id).getBoundingClientRect();
    this.view.scrollTop += there.top - here.top - 60;
    const sheet = this.sheets.get(field.page).element.getBoundingClientRect();
    this.view.scrollLeft += sheet.left - here.left + (from / width) * sheet.width;
    this.reveal(this.boxes.get(field.id) ?? this.boxes.get(first.id));
  }

  pan() {
    let from = null;
    this.view.addEventListener("pointerdown", (event) => {
      if (this.drawing || event.button !== 0 || event.target.classList.contains("box")) return;
      from = { x: event.clientX, y: event.clientY, left: this.view.scrollLeft, top: this.view.scrollTop };
    });
    window.addEventListener("pointermove", (event) => {
      if (!from) return;
      this.view.scrollLeft = from.left - (event.clientX - from.x);
      this.view.scrollTop = from.top - (event.clientY - from.y);
    });
    window.addEventListener("pointerup", () => {
      from = null;
    });
    this.view.addEventListener("wheel", (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      this.tool(event.deltaY < 0 ? "in" : "out");
    }, { passive: false });
  }

  // ---------------------------------------------------------------- a row's picture for the inspector

  // The row from the page's left edge to the cell, out of the page's picture: the label as it is printed.
  strip(field, element) {
    element.replaceChildren();
    const sheet = this.sheets.get(field.page);
    if (!sheet) return;
    const [x0, top, x1, bottom] = field.box;
    const part = document.createElement("img");
    part.alt = "";
    const put = () => {
      const from = Math.min(...this.desk.data.fields.filter((f) => f.page === field.page && f.box).map((f) => f.box[0]));
      const left = Math.max(0, Math.min(from * 0.2, 40)); // the page's margin, where no label stands
      const scale = Math.min(element.clientWidth / (sheet.width - 2 * left), 40 / (bottom - top + 6));
      part.style.width = `${sheet.width * scale}px`;
      part.style.left = `${-left * scale}px`;
      part.style.top = `${-(top - 3) * scale}px`;
      element.style.height = `${(bottom - top + 6) * scale}px`;
      Object.assign(frame.style, {
        left: `${(x0 - left) * scale - 2}px`, top: `${scale}px`, width: `${(x1 - x0) * scale + 4}px`, height: `${(bottom - top + 4) * scale}px`,
      });
    };
    const frame = document.createElement("i");
    frame.className = "frame";
    this.load(sheet.image);
    part.src = sheet.image.dataset.src;
    part.draggable = false;
    element.append(part, frame);
    put();
  }

  // ---------------------------------------------------------------- drawing

  set_drawing(on) {
    this.drawing = on;
    this.view.classList.toggle("drawing", on);
    document.querySelector('[data-tool="draw"]').setAttribute("aria-pressed", String(on));
    this.desk.tell("tell", on ? "draw" : "clear");
  }

  draw_on(sheet, page) {
    let start = null;
    let band = null;
    const at = (event) => {
      const r = sheet.getBoundingClientRect();
      let x = (event.clientX - r.left) / r.width;
      let y = (event.clientY - r.top) / r.height;
      if (this.turned === 90) [x, y] = [y, 1 - x];
      if (this.turned === 180) [x, y] = [1 - x, 1 - y];
      if (this.turned === 270) [x, y] = [1 - y, x];
      return [Math.min(1, Math.max(0, x)), Math.min(1, Math.max(0, y))];
    };
    const put = (now) => {
      const [x0, x1] = [Math.min(start[0], now[0]), Math.max(start[0], now[0])];
      const [y0, y1] = [Math.min(start[1], now[1]), Math.max(start[1], now[1])];
      Object.assign(band.style, { left: `${100 * x0}%`, top: `${100 * y0}%`, width: `${100 * (x1 - x0)}%`, height: `${100 * (y1 - y0)}%` });
      return [x0 * page.width, y0 * page.height, x1 * page.width, y1 * page.height];
    };
    sheet.addEventListener("pointerdown", (event) => {
      if (!this.drawing) return;
      event.preventDefault();
      start = at(event);
      band = document.createElement("div");
      band.className = "band";
      sheet.append(band);
      sheet.setPointerCapture(event.pointerId);
    });
    sheet.addEventListener("pointermove", (event) => {
      if (start) put(at(event));
    });
    sheet.addEventListener("pointerup", (event) => {
      if (!start) return;
      const box = put(at(event)).map((v) => Math.round(100 * v) / 100);
      start = null;
      band.remove();
      this.set_drawing(false);
      if (box[2] - box[0] > 3 && box[3] - box[1] > 3) this.on_region(page.number, box);
    });
  }
}
