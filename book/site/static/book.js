// Sliders of the built book: each position shows one of the frames that were drawn when the book was built.
const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;

document.querySelectorAll("figure.explore").forEach((figure) => {
  const frames = JSON.parse(figure.querySelector(".explore-frames").textContent);
  const shape = JSON.parse(figure.dataset.shape);
  const sliders = [...figure.querySelectorAll("input[type=range]")];
  const image = figure.querySelector("img");
  const play = figure.querySelector(".explore-play");
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
  };
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

document.querySelectorAll("[data-print]").forEach((button) => button.addEventListener("click", () => window.print()));
window.addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((fold) => { fold.open = true; }));

// From disk, browsers let no page read another: search then lists pages without quoting them.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
