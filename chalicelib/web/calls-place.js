// The form that places a call.

import { maskedParty } from "./call-words.js";
import { ask } from "./rpc.js";
import { sentence } from "./session.js";

const FIELDS = ["to", "account", "mode", "message"];
const field = (name) => document.getElementById(`place-${name}`);

/** The form; `placed(call)` is told of each call that it placed. */
export class PlaceForm {
  constructor(placed) {
    this.placed = placed;
    this.key = "";
    this.busy = false;
    this.form = document.getElementById("place-form");
    // Sent again as it stands, it is the same call; changed, it is another.
    this.form.addEventListener("input", () => {
      this.key = "";
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
  }

  /** Offer *accounts* to call with. */
  offer(accounts) {
    const chosen = field("account").value;
    const usable = accounts.filter(({ ready }) => ready);
    field("account").replaceChildren(...usable.map((one) => option(one)));
    const first = usable.find(({ id }) => id === chosen) ?? usable.find((one) => one.default);
    field("account").value = (first ?? usable[0])?.id ?? "";
    if (!usable.length) {
      this.complain("No account can make calls yet; complete one in the settings.");
    }
  }

  async submit() {
    if (this.busy) {
      return;
    }
    this.busy = true;
    this.clear();
    this.key ||= newKey();
    try {
      const call = await ask("voicecall.initiate", this.order());
      this.key = "";
      field("to").value = "";
      this.placed(call);
    } catch (error) {
      this.blame(error);
    } finally {
      this.busy = false;
    }
  }

  order() {
    const order = { idempotency_key: this.key };
    for (const name of FIELDS) {
      const value = field(name).value.trim();
      if (value || name === "to") {
        order[name] = value;
      }
    }
    return order;
  }

  blame(error) {
    const known = error.faults?.filter(({ field: name }) => FIELDS.includes(name)) ?? [];
    for (const { field: name, reason } of known) {
      field(name).setAttribute("aria-invalid", "true");
      field(`${name}-fault`).textContent = sentence(reason);
    }
    this.complain(known.length ? "The call was not placed; see above." : error.message);
    if (known.length) {
      field(known[0].field).focus();
    }
  }

  clear() {
    this.complain("");
    for (const name of FIELDS) {
      field(name).removeAttribute("aria-invalid");
      field(`${name}-fault`).textContent = "";
    }
  }

  complain(text) {
    field("fault").textContent = text;
  }
}

/** What is said when a call was placed. */
export function placedWords(call) {
  return `Calling ${maskedParty(call)}.`;
}

function option({ id, from_number: number }) {
  const made = document.createElement("option");
  made.value = id;
  made.textContent = `${id}, ${number}`;
  return made;
}

function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `page-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
