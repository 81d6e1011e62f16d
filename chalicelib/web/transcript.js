// What was said and pressed in a call, line by line.

const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

/** One line: `{speaker, text, kind, at}` as the app tells it; `who` says whose it is. */
export function line({ speaker, text, kind = "speech", at }, who) {
  const item = document.createElement("li");
  item.className = `line ${speaker} ${kind}`;
  const words = piece("p", "line-text", text);
  if (kind === "dtmf") {
    words.setAttribute("aria-label", `keys ${[...text].join(" ")}`);
  }
  item.append(piece("span", "line-who", who), clock(at), words);
  return item;
}

/** Something between the lines: that a call began, or ended. */
export function lineBreak(text) {
  return piece("li", "line-break", text);
}

/** Say something about a line, beneath it. */
export function note(item, text) {
  item.append(piece("p", "line-note", text));
}

/** When it was, by the clock on the wall here. */
export function clock(at) {
  const time = piece("time", "", CLOCK.format(new Date(at)));
  time.dateTime = at;
  return time;
}

function piece(name, className, text) {
  const element = document.createElement(name);
  element.className = className;
  element.textContent = text;
  return element;
}
