// Python in a thread of its own: it runs what the page sends, one thing after the other, and says what came of it.
importScripts("pyodide.js");

const say = (message) => self.postMessage(message);
let python = null, inside = null;

const start = async ({ packages }) => {
  say({ progress: "Fetching Python and its packages" });
  python = await loadPyodide({ indexURL: new URL(".", self.location).href });
  const fetched = (line) => /^Loaded /.test(line) || say({ progress: "Fetching numpy, scipy and matplotlib" });
  const [page] = await Promise.all([fetch(new URL("page.zip", self.location)).then((answer) => answer.arrayBuffer()),
    python.loadPackage(packages, { messageCallback: fetched, errorCallback: (line) => { throw new Error(line); } })]);
  say({ progress: "Starting Python" });
  python.unpackArchive(page, "zip");
  inside = python.pyimport("inside");
  inside.prepare((output) => say({ output: output.toJs({ dict_converter: Object.fromEntries }) }));
};

const plain = (proxy) => {
  const value = proxy.toJs({ dict_converter: Object.fromEntries });
  proxy.destroy();
  return value;
};

const tasks = {
  start,
  run: async ({ source, space, name, edited }) => {
    if (edited) await python.loadPackagesFromImports(source);
    return plain(inside.run(source, space, name));
  },
  draw: ({ number, chosen }) => inside.draw(number, python.toPy(chosen)),
  forget: ({ space }) => inside.forget(space),
  claims: ({ claims }) => inside.claims_table(python.toPy(claims)),
  needs: ({ sources }) => plain(python.pyimport("slices").needs(python.toPy(sources))),
};

let last = Promise.resolve();
self.onmessage = ({ data: { task, id, ...given } }) => {
  last = last.then(() => tasks[task](given)).then(
    (result) => say({ id, result }), (error) => say({ id, failure: String(error.message ?? error) }));
};
