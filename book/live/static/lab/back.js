// Above a notebook in JupyterLite: the way back to its page in the book, and a way to begin again with the book's copy.
const path = new URLSearchParams(location.search).get("path") ?? "";
const page = path.startsWith("book/") ? path.replace(/ipynb$/, "html") : "book/coursework/students.html";

// JupyterLite keeps a changed notebook in this browser, under its path; without it the book's copy is opened.
const forget = async () => {
  for (const { name } of await indexedDB.databases()) {
    if (!name.startsWith("JupyterLite Storage")) continue;
    const database = await new Promise((resolve, reject) => {
      Object.assign(indexedDB.open(name), { onsuccess: ({ target }) => resolve(target.result), onerror: reject });
    });
    for (const store of ["files", "checkpoints"].filter((each) => database.objectStoreNames.contains(each))) {
      const change = database.transaction(store, "readwrite");
      change.objectStore(store).delete(path);
      await new Promise((resolve) => { change.oncomplete = resolve; });
    }
    database.close();
  }
  location.reload();
};

const bar = document.createElement("nav");
bar.setAttribute("aria-label", "The book");
bar.style = "position: fixed; right: 5rem; top: 0.4rem; z-index: 1000; display: flex; gap: 1rem; font: 14px system-ui, sans-serif";
const link = Object.assign(document.createElement("a"), { textContent: "Back to the page", href: `../../${page}` });
const again = Object.assign(document.createElement("button"), { type: "button", textContent: "Start afresh",
  title: "Forget what was changed here and open the book's copy again", onclick: forget });
bar.append(link, again);
document.body.append(bar);
