// Making elements: no markup in strings, so that nothing which people write can become markup.

/** Make an element; properties that start with `on` listen, `class` and others are attributes. */
export function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) {
      made.addEventListener(name.slice(2), value);
    } else if (value === true) {
      made.setAttribute(name, "");
    } else if (value !== false && value !== null && value !== undefined) {
      made.setAttribute(name, value);
    }
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** A button that does something. */
export function button(text, onclick, attributes = {}) {
  return make("button", { type: "button", onclick, ...attributes }, text);
}

/** How long ago, in words. */
export function ago(text) {
  const secs = Math.max(0, (Date.now() - new Date(text).getTime()) / 1000);
  const units = [
    ["day", 86_400],
    ["hour", 3_600],
    ["minute", 60],
  ];
  const [unit, size] = units.find(([, each]) => secs >= each) ?? ["", 0];
  if (!unit) {
    return "just now";
  }
  const count = Math.floor(secs / size);
  return `${count} ${unit}${count === 1 ? "" : "s"} ago`;
}

/** Ask before something that cannot be undone; gives whether the answer was yes. */
export function confirmed(question, yes) {
  return new Promise((resolve) => {
    const dialog = make(
      "dialog",
      { "aria-labelledby": "confirm-question" },
      make("p", { id: "confirm-question" }, question),
      make(
        "form",
        { method: "dialog", class: "row" },
        make("button", { value: "no", autofocus: true }, "Cancel"),
        make("button", { value: "yes", class: "danger" }, yes),
      ),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
