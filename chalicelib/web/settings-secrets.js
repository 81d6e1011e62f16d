// Credentials: stored, replaced, removed, tested; of each at most the last four characters are shown.

import { ask, queue } from "./rpc.js";
import { sentence } from "./session.js";
import { ago, button, confirmed, make } from "./making.js";
import { label } from "./settings-layout.js";

/** Requests that change secrets: each one stands on what the last has left. */
const inTurn = queue();

/** One secret: whether it is stored, and what can be done with it. */
export class Secret {
  constructor(key, page) {
    this.key = key;
    this.page = page;
    this.id = `secret-${key.replaceAll(/[^a-zA-Z0-9_-]/g, "-")}`;
    this.state = make("p", { class: "state", id: `${this.id}-state` });
    this.fault = make("p", { class: "fault", id: `${this.id}-fault` });
    this.store = button("Store", () => this.#edit(true));
    this.remove = button("Remove", () => this.#remove(), { class: "danger", "aria-label": `Remove ${label(key)}` });
    this.input = make("input", {
      id: this.id,
      type: "password",
      autocomplete: "off",
      spellcheck: "false",
      "aria-describedby": `${this.id}-fault`,
      onkeydown: (event) => this.#key(event),
    });
    // No form of its own: it stands in the form of the settings, which must not be saved by it.
    this.form = make(
      "div",
      { class: "field", hidden: true },
      make("label", { for: this.id }, `New ${label(key)}`),
      this.input,
      this.fault,
      make(
        "div",
        { class: "row" },
        button("Keep", () => this.#keep(), { class: "primary" }),
        button("Cancel", () => this.#edit(false)),
      ),
    );
    this.summary = make(
      "div",
      { class: "secret-line" },
      make("div", {}, make("p", { class: "label" }, label(key)), this.state),
      make("div", { class: "row" }, this.store, this.remove),
    );
    this.element = make("div", { class: "secret", "data-key": key }, this.summary, this.form);
  }

  /** Show what the phone says of it. */
  set({ stored, last_four: ending, stored_at: since, needed }) {
    const shown = ending ? `ends in ${ending}` : "not shown";
    this.state.textContent = stored
      ? ["Stored", shown, since ? ago(since) : ""].filter(Boolean).join(", ")
      : `Not stored${needed ? "" : " (optional)"}`;
    this.store.textContent = stored ? "Replace" : "Store";
    this.store.setAttribute("aria-label", `${stored ? "Replace" : "Store"} ${label(this.key)}`);
    this.remove.hidden = !stored;
  }

  #edit(open) {
    // Who has gone on to another field meanwhile keeps the keyboard.
    const isHere = open || this.#isHere();
    this.form.hidden = !open;
    this.summary.hidden = open;
    this.input.value = "";
    this.#complain("");
    if (isHere) {
      (open ? this.input : this.store).focus();
    }
  }

  #isHere() {
    return this.element.contains(document.activeElement);
  }

  #key(event) {
    if (event.key === "Enter") {
      event.preventDefault();
      this.#keep();
    } else if (event.key === "Escape") {
      this.#edit(false);
    }
  }

  async #keep() {
    const value = this.input.value.trim();
    if (!value) {
      this.#complain("Enter a value.");
      this.input.focus();
      return;
    }
    try {
      const view = await inTurn(() => ask("phone.secrets.set", { secrets: { [this.key]: value } }));
      this.#edit(false);
      this.page.secretsChanged(view, `${label(this.key)} is stored.`);
    } catch (error) {
      this.#complain(sentence(error.faults[0]?.reason ?? error.message));
      if (this.#isHere()) {
        this.input.focus();
      }
    }
  }

  async #remove() {
    const question = `Remove ${label(this.key)}? ${await this.#whatFollows()}`;
    if (!(await confirmed(question, "Remove"))) {
      this.remove.focus();
      return;
    }
    try {
      const view = await inTurn(() => ask("phone.secrets.remove", { keys: [this.key] }));
      this.page.secretsChanged(view, `${label(this.key)} is removed.`);
      this.store.focus();
    } catch (error) {
      this.page.fail(error);
    }
  }

  /** What becomes of calls without it, those that are live above all. */
  async #whatFollows() {
    const account = /^phone\.(?:accounts\.)?([^.]+)\.[^.]+$/.exec(this.key)[1];
    if (!this.page.hasAccount(account)) {
      return "Whoever needs it refuses us from the next sentence on, in live calls too.";
    }
    const later = "Its carrier is not believed without it, and calls can be neither placed nor taken.";
    try {
      const { active_calls: calls } = await ask("voicecall.status");
      const live = calls.filter((call) => call.account === account).length;
      const count = live === 1 ? "1 call of this account is live" : `${live} calls of this account are live`;
      return live ? `${count}: we can then neither speak nor hang up. Hang up first. ${later}` : `No call of this account is live. ${later}`;
    } catch {
      return `In live calls of this account we can then neither speak nor hang up. ${later}`;
    }
  }

  #complain(text) {
    this.fault.textContent = text;
    if (text) {
      this.input.setAttribute("aria-invalid", "true");
    } else {
      this.input.removeAttribute("aria-invalid");
    }
  }
}

/** Asks the carrier whether the stored credentials of an account are right. */
export class CredentialsTest {
  constructor(account, name) {
    this.account = account;
    this.result = make("p", { class: "notice", role: "status", hidden: true });
    this.button = button("Test credentials", () => this.#run(), {
      "aria-label": `Test the credentials of ${name}`,
    });
    this.element = make("div", { class: "test" }, this.button, this.result);
  }

  async #run() {
    this.button.disabled = true;
    this.#say("Asking the carrier…", "");
    try {
      const found = await ask("phone.test_credentials", { account: this.account });
      this.#say(verdict(found).map(sentence).join(" "), found.ok ? "good" : "bad");
    } catch (error) {
      this.#say(sentence(error.message), "bad");
    } finally {
      this.button.disabled = false;
    }
  }

  #say(text, kind) {
    this.result.hidden = false;
    this.result.className = `notice ${kind}`;
    this.result.textContent = text;
  }
}

/** What the carrier said, in sentences. */
function verdict({ ok, faults, holder, notes, numbers }) {
  if (!ok) {
    return faults.map((one) => one.reason);
  }
  const owned = numbers.map((one) => one.number).join(", ") || "none";
  return [`The credentials are right: ${holder}`, ...notes, `its numbers: ${owned}`];
}
