// Tables with names that the owner chose: further accounts, and numbers with settings of their own.

import { button, make } from "./making.js";

const TABLES = {
  "phone.accounts": {
    title: "Further accounts",
    ask: "Name to add to accounts",
    hint: "Of a-z, 0-9 and -.",
    clean: (text) => text.trim(),
  },
  "phone.numbers": {
    title: "Numbers",
    ask: "Number to add",
    hint: "Give one of your numbers a greeting, an agent, a language or a voice of its own. What is empty is as its account has it.",
    clean: (text) => text.replaceAll(/[\s().-]/g, ""),
    first: ["inbound_greeting", "agent.system_prompt", "language", "voice"],
  },
};

/** The cards of all such tables of the page's schema. */
export function namedCards(page) {
  const tables = new Set(page.schema.filter((one) => one.key.includes(".*.")).map((one) => one.key.split(".*.")[0]));
  return [...tables].map((table) => new NamedTables(page, table).element);
}

class NamedTables {
  constructor(page, table) {
    this.page = page;
    this.table = table;
    this.words = TABLES[table] ?? { title: table, ask: `Name to add to ${table}`, hint: "", clean: (text) => text.trim() };
    this.shape = page.schema.filter((one) => one.key.startsWith(`${table}.*.`));
    this.id = `named-${table.split(".").at(-1)}`;
    this.list = make("div", {});
    for (const name of Object.keys(page.stored(table) ?? {})) {
      this.list.append(this.#table(name));
    }
    this.fault = make("p", { class: "fault", id: `${this.id}-fault`, role: "alert" });
    this.input = make("input", {
      id: `${this.id}-add`,
      autocomplete: "off",
      spellcheck: "false",
      "aria-describedby": `${this.id}-hint ${this.id}-fault`,
      onkeydown: (event) => this.#key(event),
    });
    this.element = make(
      "section",
      { class: "card named", id: this.id, "aria-labelledby": `${this.id}-title` },
      make("h2", { id: `${this.id}-title` }, this.words.title),
      this.list,
      make(
        "div",
        { class: "field" },
        make("label", { for: `${this.id}-add` }, this.words.ask),
        make("div", { class: "row add" }, this.input, button("Add", () => this.#add(), { "aria-label": `Add to ${this.words.title.toLowerCase()}` })),
        make("p", { class: "hint", id: `${this.id}-hint` }, this.words.hint),
        this.fault,
      ),
    );
  }

  #key(event) {
    if (event.key === "Enter") {
      // The form around it would be saved.
      event.preventDefault();
      this.#add();
    }
  }

  #add() {
    const name = this.words.clean(this.input.value);
    const prefix = `${this.table}.${name}`;
    const reason = !name || name.includes(".") ? "is no name" : this.page.hasTable(prefix) ? "is there already" : "";
    this.fault.textContent = reason ? `${name || "Nothing"} ${reason}.` : "";
    this.input.toggleAttribute("aria-invalid", Boolean(reason));
    if (reason) {
      this.input.setAttribute("aria-invalid", "true");
      this.input.focus();
      return;
    }
    this.input.value = "";
    this.list.append(this.#table(name));
    this.page.tableMade(prefix);
    this.list.lastChild.querySelector("input, select, textarea")?.focus();
  }

  #table(name) {
    const prefix = `${this.table}.${name}`;
    const [first, more] = [[], []];
    for (const one of this.#ordered().filter((each) => each.kind !== "secret")) {
      const made = this.page.addField(one, one.key.replace(`${this.table}.*`, prefix));
      (this.#isFirst(one.key) ? first : more).push(made.element);
    }
    const secrets = this.page.view.secrets.filter((one) => one.key.startsWith(`${prefix}.`));
    const takesSecrets = this.shape.some((one) => one.kind === "secret");
    const made = make(
      "fieldset",
      { class: "named-table", "data-prefix": prefix },
      make("legend", {}, name),
      ...first,
      more.length ? make("details", {}, make("summary", {}, "Advanced"), ...more) : null,
      ...secrets.map((one) => this.page.addSecret(one.key).element),
      takesSecrets && !secrets.length ? make("p", { class: "hint" }, "Save it first; then its credentials can be stored.") : null,
      make("p", { class: "fault" }),
      button("Remove", () => this.#remove(prefix, made), { class: "danger", "aria-label": `Remove ${name}` }),
    );
    return made;
  }

  /** What is wanted first stands first. */
  #ordered() {
    const place = (one) => (this.#isFirst(one.key) ? (this.words.first?.indexOf(this.#name(one.key)) ?? 0) : this.shape.length);
    return [...this.shape].sort((one, other) => place(one) - place(other));
  }

  #isFirst(key) {
    return this.words.first ? this.words.first.includes(this.#name(key)) : !INHERITED.test(key);
  }

  #name(key) {
    return key.slice(`${this.table}.*.`.length);
  }

  #remove(prefix, made) {
    made.remove();
    this.page.tableDropped(prefix);
    this.input.focus();
  }
}

const INHERITED = /\.(language|voice|tts\..*)$/;
