/** The few words in which the page is drawn; data becomes text, and never markup. */

export const find = (id) => document.getElementById(id);

/** An element with properties and children; a string child is text. */
export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** Write a text only where it differs, so that nothing is announced or unselected for nothing. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Terms and their values, as the children of a `dl`. */
export function terms(pairs) {
  return pairs.flatMap(([term, value]) => [make("dt", {}, term), make("dd", {}, value)]);
}

/** A button that copies a text and says so for a moment. */
export function copier(text, name) {
  const button = make("button", { type: "button", className: "quiet" }, "Copy");
  button.setAttribute("aria-label", `Copy ${name} as curl`);
  button.addEventListener("click", async () => {
    const copied = await navigator.clipboard.writeText(text).then(() => true, () => false);
    write(button, copied ? "Copied" : "Select it by hand");
    write(find("result"), copied ? `Copied ${name} as curl.` : "The browser lets no page copy.");
    setTimeout(() => write(button, "Copy"), 1500);
  });
  return button;
}
