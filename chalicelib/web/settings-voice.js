// A button that lets one hear the greeting, and says truly whose voice it is.

import { button, make } from "./making.js";

/** Make the button; it reads what stands in `fields` at the moment it is pressed. */
export function playButton(fields) {
  const speech = window.speechSynthesis;
  const note = make("p", { class: "hint", id: "play-note" }, speech
    ? "Your browser speaks the greeting in this language; the carrier's own voice sounds different."
    : "This browser cannot speak.");
  const play = button("Play the greeting", () => speak(fields, speech), {
    disabled: !speech,
    "aria-describedby": "play-note",
    id: "play",
  });
  return make("div", { class: "field play" }, make("div", { class: "row" }, play), note);
}

function speak(fields, speech) {
  const read = (key) => {
    const one = fields.get(key);
    return String(one.held() ?? one.setting.default);
  };
  const words = new SpeechSynthesisUtterance(read("phone.inbound_greeting"));
  words.lang = read("phone.language");
  speech.cancel();
  speech.speak(words);
}
