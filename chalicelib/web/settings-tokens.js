// Access tokens: made and shown once, listed, revoked.

import { ask } from "./rpc.js";
import { sentence } from "./session.js";
import { ago, button, confirmed, make } from "./making.js";

const element = (id) => document.getElementById(id);

export class Tokens {
  constructor(session, page) {
    this.session = session;
    this.page = page;
    this.form = element("token-form");
    this.form.addEventListener("submit", (event) => this.#create(event));
  }

  async load() {
    const { tokens } = await ask("tokens.list");
    element("tokens").replaceChildren(...tokens.map((token) => this.#row(token)));
  }

  #row(token) {
    const own = token.id === this.session.token_id;
    const what = make(
      "div",
      {},
      make("p", { class: "label" }, token.name, own ? " (yours)" : ""),
      make("p", { class: "state" }, `${token.scope}, ends in ${token.last_four}, made ${ago(token.created_at)}`),
    );
    const revoke = button("Revoke", () => this.#revoke(token, own), {
      class: "danger",
      "aria-label": `Revoke ${token.name}, ending in ${token.last_four}`,
      disabled: this.session.scope !== "write",
    });
    return make("li", { class: "secret-line" }, what, revoke);
  }

  async #create(event) {
    event.preventDefault();
    const name = element("token-name").value.trim();
    if (!name) {
      this.#complain("Give it a name.");
      return;
    }
    try {
      const made = await ask("tokens.create", { name, scope: element("token-scope").value });
      this.#complain("");
      this.form.reset();
      this.#show(made);
      await this.load();
      this.page.loadChanges();
    } catch (error) {
      this.#complain(sentence(error.faults[0]?.reason ?? error.message));
    }
  }

  #show(made) {
    const field = make("input", { id: "new-token", type: "text", readonly: true, class: "mono" });
    field.value = made.token;
    element("token-made").replaceChildren(
      make("label", { for: "new-token" }, `Token of ${made.name}`),
      make("p", { class: "hint" }, "This is the only time it is shown. Keep it like a password."),
      field,
      make(
        "div",
        { class: "row" },
        button("Copy", (event) => copy(field, event.target)),
        button("Done", () => {
          element("token-made").hidden = true;
          element("token-made").replaceChildren();
          element("token-name").focus();
        }),
      ),
    );
    element("token-made").hidden = false;
    field.focus();
    field.select();
  }

  async #revoke(token, own) {
    const question = own
      ? `Revoke ${token.name}? It is your own: you will be signed out.`
      : `Revoke ${token.name}? Whoever uses it is locked out.`;
    if (!(await confirmed(question, "Revoke"))) {
      return;
    }
    try {
      await ask("tokens.revoke", { id: token.id });
      this.page.say(`${token.name} is revoked.`);
      await this.load();
      this.page.loadChanges();
    } catch (error) {
      this.page.fail(error);
    }
  }

  #complain(text) {
    element("token-fault").textContent = text;
    element("token-name").toggleAttribute("aria-invalid", Boolean(text));
    if (text) {
      element("token-name").setAttribute("aria-invalid", "true");
      element("token-name").focus();
    }
  }
}

async function copy(field, pressed) {
  try {
    await navigator.clipboard.writeText(field.value);
    pressed.textContent = "Copied";
  } catch {
    // Without leave to write to the clipboard, the text is selected for whoever copies it.
    field.focus();
    field.select();
  }
}
