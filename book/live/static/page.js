// A page of the book that comes alive when its reader asks: its cells run in this browser, its sliders ask Python.
import { Cell } from "./cells.js";
import { Python, Queue } from "./python.js";
import { attach } from "./sliders.js";
import { button, duration, live, make, say } from "./state.js";

const SLOW = 30;  // seconds from which a cell waits to be asked for

// Before a slider is live only the cells run that it needs, among names of its own; or the page's first cells, if these
// are what it needs.
const wake = async (number) => {
  if (live.cells[number].needs.length === number) return runThese([...live.cells[number].needs, number]);
  const figure = live.cells[number].element.querySelector("figure.explore");
  if (!figure) return;
  const space = `slider ${number}`, needed = [...live.cells[number].needs, number];
  for (const [index, each] of needed.entries()) {
    say(`Running the cells that the slider needs: ${index + 1} of ${needed.length}.`);
    const outputs = [];
    const { well } = await live.queue.add(() => {
      live.python.outputs = (output) => outputs.push(output);
      const { code, edited } = live.cells[each];
      return live.python.ask("run", { source: code, space, name: `cell ${each + 1}`, edited });
    });
    const offered = outputs.find((output) => output.kind === "slider");
    if (!well) return;
    if (each === number && offered) attach(figure, offered, number);
  }
};

// A slider whose cells take long keeps the book's frames, and says so.
const keepFrames = (number, seconds) => {
  const words = `These are the book's own frames: Python computes for about ${duration(seconds)} before it can draw others. `;
  const python = live.python, ask = button("Make it live", () => guarded(python, () => runCell(number)));
  live.cells[number].element.querySelector("figure.explore .explore-picture")
    ?.before(make("p", { className: "live-wait" }, words, ask));
};

const cost = (numbers) => numbers.reduce((sum, number) => sum + live.cells[number].seconds, 0);

// A choice that the reader makes in the bar: the buttons' texts, and the one that was pressed.
const choose = (text, ...answers) => new Promise((resolve) => {
  say(text);
  const offered = answers.map((answer) => button(answer, () => {
    offered.forEach((each) => each.remove());
    resolve(answer);
  }));
  live.bar.append(...offered);
  offered[0].classList.add("live-first");
});

const runAll = async () => {
  const left = new Set();
  let stopped = 0;
  for (const cell of live.cells) {
    if (cell.ran) continue;
    if (cell.needs.some((number) => left.has(number))) {
      left.add(cell.number);
      cell.say("not run: it needs a cell that was left out");
      continue;
    }
    if (cell.seconds >= SLOW) {
      cell.say(`takes about ${duration(cell.seconds)} in a browser`);
      const answer = await choose(`Cell ${cell.number + 1} takes about ${duration(cell.seconds)} here.`, "Run it",
        "Leave it out");
      if (answer !== "Run it") {
        left.add(cell.number);
        cell.say(`not run: about ${duration(cell.seconds)}`);
        continue;
      }
    }
    say(`Running cell ${cell.number + 1} of ${live.cells.length}.`);
    if (!await live.queue.add(() => cell.run())) {
      stopped += 1;
      left.add(cell.number);
    }
  }
  const claims = document.querySelectorAll("details.claims tbody tr").length;
  if (stopped) say(`${stopped} cells stopped with an error; what needs them was left out.`);
  else if (left.size) say(`All cells but ${left.size} have run.`);
  else say(`All ${live.cells.length} cells have run; ${claims} claims hold. Move a slider, or edit a cell.`);
  live.bar.dataset.done = "true";
};

// A cell that the reader asks for: first what it needs and has not run, then what uses it if the reader wants.
const runCell = async (number) => {
  if (live.cells.some(({ edited }) => edited)) await know();
  const missing = live.cells[number].needs.filter((each) => !live.cells[each].current);
  const seconds = cost([...missing, number]);
  if (seconds >= SLOW
    && await choose(`This takes about ${duration(seconds)} here.`, "Run it", "Leave it") !== "Run it") return say("");
  if (!await runThese([...missing, number])) return;
  const users = live.cells.filter(({ ran, needs }) => ran && needs.includes(number)).map((other) => other.number);
  say(`Cell ${number + 1} has run.`);
  if (!users.length) return;
  const words = users.length === 1 ? "the cell that uses it" : `the ${users.length} cells that use it`;
  if (await choose(`Cell ${number + 1} has run. Run ${words} again?`, "Yes", "No") !== "Yes") return say("");
  if (await runThese(users)) say("All cells that use it have run.");
};

const runThese = async (numbers) => {
  for (const number of numbers) {
    say(`Running cell ${number + 1}.`);
    if (!await live.queue.add(() => live.cells[number].run())) {
      say(`Cell ${number + 1} stopped with an error.`);
      return false;
    }
  }
  return true;
};

// What each cell needs, once code has been edited.
const know = async () => {
  const found = await live.queue.add(() => live.python.ask("needs", { sources: live.cells.map(({ code }) => code) }));
  found.forEach((needs, number) => { live.cells[number].needs = needs; });
};

export const quit = (text) => {
  live.python?.end();
  [live.python, live.queue] = [null, null];
  live.sliders.forEach((slider) => slider.leave());
  live.cells.forEach((cell) => cell.leave());
  [live.cells, live.sliders] = [[], []];
  document.querySelectorAll(".live-bar > button, .live-wait").forEach((each) => each.remove());
  delete live.bar.dataset.done;
  live.offer();
  say(text);
};

// Start Python, make the sliders live, then run the page. In the bar's dataset: milliseconds from the click.
export const start = async (given) => {
  Object.assign(live, given);
  const { bar, folder, place, afresh } = live, begun = performance.now();
  bar.querySelector(".live-buttons").replaceChildren(button("Stop", () =>
    quit("Stopped. Python and what it computed are gone; press Run to begin anew.")), button("Start afresh", afresh));
  const mark = (what) => { bar.dataset[what] ??= Math.round(performance.now() - begun); };
  ["ready", "slider", "all"].forEach((what) => delete bar.dataset[what]);
  const own = new Python((progress) => say(`${progress} …`), (text) => live.python === own && quit(text));
  [live.python, live.queue] = [own, new Queue()];
  try {
    say("Fetching the cells …");
    const answer = await fetch(new URL(`pages/${place}.json`, folder));
    if (!answer.ok) throw new Error("the page's cells could not be fetched");
    live.data = await answer.json();
    await own.ask("start", { packages: live.data.packages });
    own.heard();
    mark("ready");
    live.cells = [...document.querySelectorAll(".bd-article div.cell")].map((element, number) =>
      new Cell(element, number, (asked) => guarded(own, () => runCell(asked))));
    for (const number of Object.keys(live.data.free).map(Number)) {
      const seconds = cost([...live.cells[number].needs, number]);
      if (seconds >= SLOW) keepFrames(number, seconds);
      else await wake(number);
      if (live.sliders.length) mark("slider");
    }
    await runAll();
    mark("all");
  } catch (error) {
    if (live.python === own) quit(`Python could not go on: ${error.message}`);
  }
};

const guarded = async (own, action) => {
  try {
    await action();
  } catch (error) {
    if (live.python === own) quit(`Python could not go on: ${error.message}`);
  }
};
