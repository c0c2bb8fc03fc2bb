// The bar below a page's title: "Run this page" and "Open as a notebook". Nothing is fetched until one is pressed.
(() => {
  const script = document.currentScript;
  const place = script.dataset.document;
  const folder = new URL(".", script.src);
  const heading = document.querySelector(".bd-article h1");
  const AFRESH = "live-afresh";  // in the session's memory, the page that is to run as soon as it has been loaded anew
  const DISK = "A page that was opened from disk cannot run: browsers allow it only where a server hands the page out, "
    + "as make read does.";

  const bar = document.createElement("section");
  bar.className = "live-bar";
  bar.setAttribute("aria-label", "Run this page");
  bar.innerHTML = '<span class="live-buttons"></span><span class="live-status" role="status"></span>';
  const say = (text) => { bar.querySelector(".live-status").textContent = text; };
  const notebook = (name) => new URL(`../lab/notebooks/index.html?path=${name}.ipynb`, folder).href;

  const run = async () => {
    if (bar.dataset.live) return;
    if (location.protocol === "file:") return say(DISK);
    if (!window.Worker || !window.WebAssembly) return say("This browser is too old to run Python.");
    bar.dataset.live = "true";
    const { start } = await import(new URL("page.js", folder).href);
    await start({ bar, place, folder, offer, afresh: () => {
      sessionStorage.setItem(AFRESH, place);
      location.reload();
    } });
  };

  const offer = () => {
    delete bar.dataset.live;
    bar.querySelector(".live-buttons").innerHTML =
      '<button type="button">▶ Run this page</button> <a target="_blank" rel="noopener">Open as a notebook</a> '
      + `<span class="live-size">Python comes to this browser, ${script.dataset.megabytes} MB the first time.</span>`;
    bar.querySelector("button").addEventListener("click", run);
    bar.querySelector("a").href = notebook(place);
  };

  heading.after(bar);
  offer();
  // The landing page's door to running the book leads to what a reader installs; here nothing needs to be.
  document.querySelectorAll('ul.doors a[href="#run-it"]').forEach((link) => {
    const now = Object.assign(document.createElement("button"), { type: "button", className: "live-now" });
    now.textContent = "▶ Run it now";
    now.addEventListener("click", () => {
      bar.scrollIntoView({ block: "center" });
      run();
    });
    link.closest("li").append(now);
  });
  if (sessionStorage.getItem(AFRESH) === place) {
    sessionStorage.removeItem(AFRESH);
    run();
  }
})();
