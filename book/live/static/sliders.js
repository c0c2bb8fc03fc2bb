// Sliders of a live page.
import { live, make } from "./state.js";

const STEPS = 8;  // positions of a slider between two of the book's

// A slider that asks Python. The book's own picture and sliders are put aside, as they are, since their script holds
// them; they come back when Python goes.
class Slider {
  constructor(figure, offered, cell) {
    Object.assign(this, { figure, cell, number: offered.number, wanted: null, asked: false });
    this.box = figure.querySelector(".explore-picture");
    this.stored = figure.querySelector(".explore-sliders");
    this.kept = [...this.box.childNodes];
    const free = live.data.free[cell] ?? {};
    this.axes = offered.axes.map((axis) => this.axis({ ...axis, free: Boolean(free[axis.name] && axis.numbers) }));
    this.controls = make("div", { className: "explore-sliders live" }, ...this.axes.map(({ line }) => line),
      make("p", { className: "live-hint", textContent: this.axes.some(({ free: any }) => any)
        ? "Live: Python draws each position, and any number that you type." : "Live: Python draws each position." }));
    if (this.stored) this.stored.hidden = true;
    figure.querySelector(".live-wait")?.remove();
    this.box.before(this.controls);
    this.box.innerHTML = offered.picture;
    figure.dataset.live = "true";
  }

  axis({ name, words, start, readouts, numbers, free }) {
    const steps = free ? STEPS : 1;
    const input = make("input", { type: "range", min: 0, max: (readouts.length - 1) * steps, step: 1, value: start * steps });
    const value = free ? make("input", { type: "number", step: "any", className: "live-value" }) : make("output");
    if (free) value.setAttribute("aria-label", `${words}, any number`);
    const line = make("label", {}, make("span", { className: "explore-name", textContent: words }), " ", input, " ");
    const axis = { name, input, free, line: make("div", { className: "live-line" }, line, value) };
    axis.chosen = () => {
      const at = Number(input.value) / steps;
      if (Number.isInteger(at)) return [at];
      const [low, high] = [numbers[Math.floor(at)], numbers[Math.ceil(at)]];
      const between = low + (at % 1) * (high - low);
      return numbers.every(Number.isInteger) ? Math.round(between) : Number(between.toPrecision(6));
    };
    const read = () => {
      const chosen = axis.chosen();
      const text = Array.isArray(chosen) ? readouts[chosen[0]] : String(Number(chosen.toPrecision(4)));
      input.setAttribute("aria-valuetext", text);
      value.value = text;
    };
    input.addEventListener("input", () => { axis.typed = null; read(); this.move(); });
    if (free) value.addEventListener("change", () => {
      if (value.value === "") return read();
      axis.typed = Number(value.value);
      this.move();
    });
    read();
    return axis;
  }

  // While Python draws, only the last position that was asked for is kept.
  async move() {
    this.wanted = Object.fromEntries(this.axes.map((axis) => [axis.name, axis.typed ?? axis.chosen()]));
    if (this.asked) return;
    this.asked = true;
    while (this.wanted) {
      const chosen = this.wanted;
      this.wanted = null;
      const page = await live.queue.add(() => live.python.ask("draw", { number: this.number, chosen }), true);
      if (!live.sliders.includes(this)) return;  // another slider has taken its place
      this.box.innerHTML = page;
    }
    this.asked = false;
  }

  leave() {
    this.controls.remove();
    this.box.replaceChildren(...this.kept);
    if (this.stored) this.stored.hidden = false;
    delete this.figure.dataset.live;
  }
}

export const attach = (figure, offered, cell) => {
  live.sliders.filter((slider) => slider.figure === figure).forEach((slider) => slider.leave());
  live.sliders = live.sliders.filter((slider) => slider.figure !== figure);
  live.sliders.push(new Slider(figure, offered, cell));
};
