// The owner's settings.

import { ask } from "./rpc.js";
import { start } from "./session.js";

const element = (id) => document.getElementById(id);

async function open() {
  try {
    const { accounts } = await ask("voicecall.status");
    element("accounts").replaceChildren(...accounts.map(row));
  } catch (error) {
    element("accounts-fault").textContent = error.message;
  }
  element("title").focus();
}

function row(account) {
  const item = document.createElement("li");
  const state = document.createElement("span");
  state.className = account.ready ? "badge good" : "badge warn";
  state.textContent = account.ready ? "ready" : `missing: ${account.missing.join(", ")}`;
  item.append(`${account.id}, ${account.carrier}, ${account.from_number ?? "no number"} `, state);
  return item;
}

start(open);
