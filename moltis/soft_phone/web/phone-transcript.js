// What was heard on the line, both ways, call after call.

import { line, lineBreak, note } from "./transcript.js";

const element = (id) => document.getElementById(id);

/** Add what *event* means to the conversation; `course` is where the call stands after it. */
export function write(event, course) {
  const entry = written(event, course);
  if (!entry) {
    return;
  }
  const lines = element("transcript");
  element("nothing").hidden = true;
  if (event.event !== "you pressed" || !joinKeys(lines.lastElementChild, event)) {
    lines.append(entry);
  }
  element("lines").scrollTop = element("lines").scrollHeight;
}

function written(event, course) {
  const { at, text, digits } = event;
  switch (event.event) {
    case "ringing":
      return lineBreak(`${event.caller} calls ${event.called}`);
    case "dialling":
      return lineBreak(`You call ${event.called}`);
    case "said":
      return line({ speaker: "bot", text, at }, "Agent");
    case "keys":
      return line({ speaker: "bot", text: digits, kind: "dtmf", at }, "Agent presses");
    case "audio":
      return line({ speaker: "bot", text: `(${event.seconds.toFixed(1)} s of sound)`, at }, "Agent plays");
    case "you said":
      return mine(line({ speaker: "user", text, at }, "You"), event);
    case "you pressed":
      return mine(line({ speaker: "user", text: digits, kind: "dtmf", at }, "You press"), event);
    case "ended":
      return lineBreak(course.outcome);
    default:
      return null;
  }
}

function mine(item, { understood }) {
  if (!understood) {
    note(item, "Nobody was listening.");
  }
  return item;
}

/** Show keys that are pressed one after the other as what was pressed together. */
function joinKeys(last, { digits, understood }) {
  const joins = understood && last?.matches(".user.dtmf:not(:has(.line-note))");
  if (joins) {
    const words = last.querySelector(".line-text");
    words.textContent += digits;
  }
  return joins;
}
