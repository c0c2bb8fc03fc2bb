// Python in its worker, and the order in which it is asked.
import { live } from "./state.js";

const PATIENCE = 90_000;  // milliseconds of silence after which Python counts as not started

// Python, in a worker: `ask` gives a promise of the answer, `outputs` what is told on the way.
export class Python {
  constructor(progress, lost) {
    this.waiting = new Map();
    this.outputs = () => {};
    this.count = 0;
    this.worker = new Worker(new URL("worker.js", live.folder));
    const silence = () => lost("Python has not started: nothing was heard from it for a while. Reload the page to try again.");
    let timer = setTimeout(silence, PATIENCE);
    this.heard = () => clearTimeout(timer);
    this.worker.onerror = (event) => lost(`Python cannot run here: ${event.message || "its files could not be loaded"}.`);
    this.worker.onmessage = ({ data }) => {
      if (data.progress) {
        clearTimeout(timer);
        timer = setTimeout(silence, PATIENCE);
        progress(data.progress);
      } else if (data.output) {
        this.outputs(data.output);
      } else {
        const { resolve, reject } = this.waiting.get(data.id);
        this.waiting.delete(data.id);
        data.failure === undefined ? resolve(data.result) : reject(new Error(data.failure));
      }
    };
  }

  ask(task, given = {}) {
    const id = this.count++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, task, ...given });
    });
  }

  end() {
    this.heard();
    this.worker.terminate();
  }
}

// What is asked of Python, one thing at a time; a moved slider comes before the next cell.
export class Queue {
  constructor() {
    this.urgent = [];
    this.usual = [];
    this.busy = false;
  }

  add(action, urgent = false) {
    return new Promise((resolve, reject) => {
      (urgent ? this.urgent : this.usual).push(() => action().then(resolve, reject));
      this.next();
    });
  }

  async next() {
    if (this.busy) return;
    const action = this.urgent.shift() ?? this.usual.shift();
    if (!action) return;
    this.busy = true;
    await action();
    this.busy = false;
    this.next();
  }
}
