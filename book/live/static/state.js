// What the parts of a live page share: small helpers, and what is alive.
export const live = { python: null, queue: null, data: null, cells: [], sliders: [],
  bar: null, place: "", folder: null, offer: null, afresh: null };

export const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};
export const button = (text, action, label) => {
  const made = make("button", { type: "button", textContent: text, onclick: action });
  if (label) made.setAttribute("aria-label", label);
  return made;
};
export const duration = (seconds) => seconds < 90 ? `${Math.max(1, Math.round(seconds))} s` : `${Math.round(seconds / 60)} minutes`;
export const say = (text) => { live.bar.querySelector(".live-status").textContent = text; };
