// Cells of a live page: code that can be edited, and outputs in the form that the page gives them.
import { attach } from "./sliders.js";
import { button, live, make } from "./state.js";

// A cell of the page: its code, which can be edited, and its outputs, which take the form that the page gives them.
export class Cell {
  constructor(element, number, run) {
    Object.assign(this, { element, number, ran: false, ...live.data.cells[number] });
    this.original = this.source;
    this.input = element.querySelector(".cell_input");
    this.note = make("span", { className: "live-note" });
    const title = `cell ${number + 1}`;
    this.editor = make("textarea", { value: this.source, spellcheck: false, hidden: true, className: "live-editor" });
    this.editor.setAttribute("aria-label", `Code of ${title}. Control and Enter run it.`);
    this.editor.setAttribute("autocapitalize", "off");
    this.editor.setAttribute("autocomplete", "off");
    this.edit = button("Edit", () => this.turn(this.editor.hidden), `Edit ${title}`);
    this.tools = make("div", { className: "live-tools" },
      button("Run", () => run(this.number), `Run ${title}`), this.edit, this.note);
    this.editor.oninput = () => this.fit();
    this.editor.onkeydown = (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey || event.shiftKey)) {
        event.preventDefault();
        run(this.number);
      } else if (event.key === "Escape") {
        this.edit.focus();
      }
    };
    this.input.append(this.editor, this.tools);
  }

  leave() {
    if (!this.editor.hidden) this.turn(false);
    this.editor.remove();
    this.tools.remove();
  }

  turn(on) {
    this.editor.hidden = !on;
    this.input.querySelector(".highlight").hidden = on;
    this.edit.textContent = on ? "Back to the book's code" : "Edit";
    if (on) this.editor.focus();
    else this.editor.value = this.original;
    this.fit();
  }

  fit() {
    this.editor.rows = this.editor.value.split("\n").length + 1;
  }

  get code() {
    return this.editor.hidden ? this.original : this.editor.value;
  }

  get edited() {
    return this.code !== this.original;
  }

  get current() {
    return this.ran && this.code === this.source;
  }

  get place() {
    let found = this.element.querySelector(":scope > .cell_output");
    if (!found) {
      found = make("div", { className: "cell_output docutils container" });
      this.element.append(found);
    }
    return found;
  }

  async run() {
    const outputs = [], source = this.code;
    this.say("running");
    live.python.outputs = (output) => outputs.push(output);
    const { well, seconds } = await live.python.ask("run",
      { source, space: "page", name: `cell ${this.number + 1}`, edited: this.edited });
    const claims = outputs.filter((output) => output.metadata?.claim).map((output) => output.metadata.claim);
    const table = claims.length ? await live.python.ask("claims", { claims }) : "";
    this.show(outputs, table);
    this.ran = well;
    this.source = source;
    this.element.dataset.seconds = seconds;
    this.say(well ? `ran in ${seconds < 1 ? seconds.toFixed(2) : Math.round(seconds)} s` : "stopped by an error");
    return well;
  }

  say(text) {
    this.note.textContent = text;
  }

  // Outputs in their places. A figure that the page numbers keeps its number, its caption and its place.
  show(outputs, table) {
    const place = this.place, figures = [...place.querySelectorAll("figure:not(.explore)")];
    const old = [...place.children], shown = [];
    outputs.forEach((output, index) => {
      const next = outputs[index + 1], name = next?.metadata?.caption;
      if (output.kind === "slider") {
        const figure = place.querySelector("figure.explore") ?? bare();
        const within = figures.find((each) => each.contains(figure));
        attach(figure, output, this.number, "page");
        shown.push(within ?? top(figure, place));
      } else if (output.kind === "data" && output.metadata.caption) {
        caption(shown.at(-1), output);
      } else if (output.kind === "data" && output.data["image/png"]) {
        shown.push(picture(output, figures.find((each) => name && each.id === name)));
      } else if (!output.metadata?.claim) {
        shown.push(...plain(output, shown));
      }
    });
    if (table) shown.push(html(table).firstElementChild);
    old.forEach((child) => shown.includes(child) || child.remove());
    place.append(...shown);
  }
}

const top = (element, above) => {
  let found = element;
  while (found.parentElement && found.parentElement !== above) found = found.parentElement;
  return found;
};
const html = (text) => make("div", { className: "output text_html", innerHTML: text });
const bare = () => {
  const figure = make("figure", { className: "explore" }, make("div", { className: "explore-picture" }));
  return figure;
};

const picture = ({ data: forms, metadata }, known) => {
  const source = `data:image/png;base64,${forms["image/png"].trim()}`;
  const image = known?.querySelector("img") ?? make("img", { width: metadata["image/png"]?.width ?? 634 });
  Object.assign(image, { src: source, alt: forms["text/plain"] });
  return known ?? make("div", { className: "output" }, image);
};

// The caption stands on the page already, set in type; only one whose words are new is shown as they are.
const caption = (figure, { data: forms, metadata }) => {
  if (!figure || live.data.captions[metadata.caption] === forms["text/markdown"]) return;
  const words = figure.querySelector("figcaption .caption-text");
  if (words) words.textContent = forms["text/markdown"];
  else figure.append(make("p", { textContent: forms["text/markdown"] }));
};

// What is neither a figure nor a claim; what is printed in pieces is put together.
const plain = (output, shown) => {
  if (output.kind === "stream") {
    const last = shown.at(-1);
    if (last?.dataset?.stream === output.name) {
      last.querySelector("pre").textContent += output.text;
      return [];
    }
    const box = make("div", { className: "output stream highlight-myst-ansi notranslate" },
      make("div", { className: "highlight" }, make("pre", { textContent: output.text })));
    box.dataset.stream = output.name;
    return [box];
  }
  if (output.kind === "error") {
    const box = make("div", { className: "output live-error" }, make("p", {},
      make("strong", { textContent: `${output.name}: ` }), output.text), make("pre", { textContent: output.trace }));
    box.setAttribute("role", "alert");
    return [box];
  }
  const { data: forms } = output;
  if (forms["text/html"]) return [html(forms["text/html"])];
  const text = forms["text/markdown"] ?? forms["text/latex"] ?? forms["text/plain"] ?? "";
  return [make("div", { className: "output text_plain" }, make("pre", { textContent: text }))];
};
