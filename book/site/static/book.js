// Sliders of the built book: each position shows one of the frames that were drawn when the book was built.
const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;

const stacks = document.querySelectorAll(".explore-frames");  // below the text, in the order of their figures
document.querySelectorAll("figure.explore").forEach((figure, place) => {
  const frames = JSON.parse(stacks[place].textContent);
  const shape = JSON.parse(figure.dataset.shape);
  const sliders = [...figure.querySelectorAll("input[type=range]")];
  const image = figure.querySelector("img");
  const play = figure.querySelector(".explore-play");
  const reset = Object.assign(document.createElement("button"), { type: "button", className: "explore-reset" });
  reset.textContent = "Reset";
  reset.setAttribute("aria-label", "Reset sliders to where they were at first");
  figure.querySelector(".explore-sliders").append(reset);
  let timer = null;

  const show = () => {
    const index = sliders.reduce((sum, slider, axis) => sum * shape[axis] + Number(slider.value), 0);
    sliders.forEach((slider) => {
      const readout = JSON.parse(slider.dataset.readouts)[Number(slider.value)];
      slider.setAttribute("aria-valuetext", readout);
      slider.parentElement.querySelector("output").textContent = readout;
    });
    image.src = frames[index].src;
    image.alt = frames[index].alt;
    reset.setAttribute("aria-disabled", untouched());
  };
  const untouched = () => sliders.every((slider) => slider.value === slider.defaultValue);
  const pause = () => {
    clearInterval(timer);
    timer = null;
    if (play) play.textContent = "▶ Play";
  };
  const start = () => {
    const slider = sliders[0];
    if (slider.value === slider.max) slider.value = 0;
    play.textContent = "❚❚ Pause";
    timer = setInterval(() => {
      slider.value = Number(slider.value) + 1;
      show();
      if (slider.value === slider.max) pause();
    }, 320);
    show();
  };

  sliders.forEach((slider) => slider.addEventListener("input", () => { pause(); show(); }));
  reset.addEventListener("click", () => {
    pause();
    sliders.forEach((slider) => { slider.value = slider.defaultValue; });
    show();
  });
  if (play) {
    play.hidden = false;
    play.addEventListener("click", () => (timer ? pause() : start()));
    // The picture of the landing page moves by itself, once, unless the reader asked for stillness.
    if (!still && DOCUMENTATION_OPTIONS.pagename === "book/index") {
      sliders[0].value = 0;
      start();
    }
  }
  if (!timer) show();  // a reloaded page may remember a moved slider
});

// A link to a claim opens the fold in which it stands.
const reveal = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let fold = target?.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  if (target?.closest("details")) target.scrollIntoView();
};
window.addEventListener("hashchange", reveal);
reveal();

// The scoreboard shows the claims in which all words are found, of one paper or all.
document.querySelectorAll(".scoreboard-search").forEach((form) => {
  const [words, paper] = form.querySelectorAll("input, select");
  const rows = [...form.parentElement.querySelectorAll("tbody tr")].map((row) => [row, row.textContent.toLowerCase()]);
  const search = () => {
    const wanted = words.value.toLowerCase().split(/\s+/);
    const fits = (row, text) => (!paper.value || row.dataset.paper === paper.value)
      && wanted.every((word) => text.includes(word));
    rows.forEach(([row, text]) => { row.hidden = !fits(row, text); });
    const asked = words.value.trim() || paper.value;
    form.parentElement.querySelectorAll("details").forEach((fold) => {
      fold.hidden = !fold.querySelector("tbody tr:not([hidden])");
      fold.open = Boolean(asked) && !fold.hidden;
    });
    form.querySelector("output").textContent = asked ? `${rows.filter(([row]) => !row.hidden).length} claims` : "";
  };
  form.hidden = false;
  form.addEventListener("input", search);
  form.addEventListener("submit", (event) => event.preventDefault());
});

// What is wider than its column says that it scrolls, until its end is seen.
const hint = (box) => {
  const wide = box.scrollWidth > box.clientWidth + 1;
  box.classList.toggle("scrolls", wide);
  box.classList.toggle("ends", box.scrollLeft + box.clientWidth >= box.scrollWidth - 2);
  if (wide) box.tabIndex = 0;
};
const sizes = new ResizeObserver((entries) => entries.forEach(({ target }) =>
  target.querySelectorAll(":scope > mjx-container, :scope > a.image-reference, .explore-picture").forEach((box) => {
    box.onscroll ??= () => hint(box);
    hint(box);
  })));
document.querySelectorAll("div.math, figure").forEach((box) => sizes.observe(box));

// A figure that is clicked or tapped is shown as large as the window allows, or larger.
const enlarged = document.createElement("dialog");
enlarged.className = "enlarged";
enlarged.setAttribute("aria-label", "Enlarged figure");
enlarged.innerHTML = '<button type="button">Close</button><img>';
enlarged.addEventListener("click", () => enlarged.close());
document.body.append(enlarged);
document.addEventListener("click", (click) => {
  const box = click.target.closest("figure a.image-reference, figure.explore img");
  if (!box) return;
  const { src, alt } = box.querySelector("img") ?? box;
  click.preventDefault();
  Object.assign(enlarged.querySelector("img"), { src, alt });
  enlarged.showModal();
});

// Paper is light and cannot be clicked: theme and folds change for it, and afterwards are as they were.
const page = document.documentElement;
let before = null;
window.addEventListener("beforeprint", () => {
  const folds = [...document.querySelectorAll("details:not(.hide, [open])")];
  before ??= { theme: page.dataset.theme, folds };
  page.dataset.theme = "light";
  folds.forEach((fold) => { fold.open = true; });
});
window.addEventListener("afterprint", () => {
  before.folds.forEach((fold) => { fold.open = false; });
  page.dataset.theme = before.theme;
  before = null;
});
document.querySelectorAll("[data-print]").forEach((button) => button.addEventListener("click", () => window.print()));

// Mathematics comes after the text, and only where there is any.
if (document.querySelector(".math")) {
  document.querySelectorAll("script[data-late]").forEach((waiting) => {
    const fetch = () => document.head.append(Object.assign(document.createElement("script"), { src: waiting.dataset.late }));
    if (document.readyState === "complete") fetch();
    else window.addEventListener("load", fetch);
  });
}

// From disk, browsers let no page read another: search then lists pages without quoting them.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
