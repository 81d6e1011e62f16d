// How a call sounded, where somebody can tell.

import { send } from "./rpc.js";

const element = (id) => document.getElementById(id);
let path = "";

/** Offer the recording at `where`, a path of the app; none, if it is empty. */
export function offerRecording(where) {
  element("recording").hidden = !where;
  if (where && !path) {
    element("recording-load").addEventListener("click", load);
    path = where;
  }
}

async function load() {
  const button = element("recording-load");
  element("recording-fault").textContent = "";
  button.disabled = true;
  try {
    const response = await send(path);
    if (!response.ok) {
      throw new Error("The recording is gone: simulated carriers forget it when they stop.");
    }
    // As a whole, so that one can go back and forth in it.
    const player = element("recording-player");
    player.src = URL.createObjectURL(await response.blob());
    player.hidden = false;
    button.hidden = true;
    player.focus();
    await player.play();
  } catch (error) {
    element("recording-fault").textContent = error.message;
    button.disabled = false;
  }
}
