// A list of short texts as chips: added one by one, each with a button that takes it away.

import { button, make } from "./making.js";

const RULES = {
  telephones: {
    fits: /^\+[1-9]\d{6,14}$/,
    clean: (text) => text.replaceAll(/[\s().-]/g, ""),
    wanted: "must be in international form, like +15559876543",
  },
  prefixes: {
    fits: /^\+\d*$/,
    clean: (text) => text.replaceAll(/\s/g, ""),
    wanted: "must be + and digits, like +1",
  },
};
const ANYTHING = { fits: /\S/, clean: (text) => text.trim(), wanted: "must not be empty" };

export class Chips {
  #values = [];
  #refused = [];

  constructor({ id, label, kind, described, changed, complain }) {
    this.rule = RULES[kind] ?? ANYTHING;
    this.label = label;
    this.changed = changed;
    this.complain = complain;
    this.list = make("ul", { class: "chips", "aria-label": label });
    this.input = make("input", {
      id,
      type: kind === "telephones" ? "tel" : "text",
      autocomplete: "off",
      spellcheck: "false",
      "aria-describedby": described,
      onkeydown: (event) => this.#key(event),
    });
    this.status = make("p", { class: "unseen", role: "status" });
    const row = make("div", { class: "row add" }, this.input, button("Add", () => this.add(), { "aria-label": `Add to ${label}` }));
    this.element = make("div", { class: "chip-field" }, this.list, row, this.status);
  }

  get values() {
    return [...this.#values];
  }

  set values(values) {
    this.#values = values;
    this.list.replaceChildren(...values.map((value) => this.#chip(value)));
    this.list.hidden = !values.length;
  }

  /** What was typed and cannot be added. */
  get refused() {
    return [...this.#refused];
  }

  /** Take what was typed into the list. */
  add() {
    const text = this.rule.clean(this.input.value);
    this.#refused = [];
    if (!text) {
      this.complain("");
      return;
    }
    if (!this.rule.fits.test(text)) {
      this.#refused = [text];
      this.complain(this.rule.wanted);
      this.input.focus();
      return;
    }
    this.complain("");
    this.input.value = "";
    if (!this.#values.includes(text)) {
      this.values = [...this.#values, text];
      this.status.textContent = `${text} added to ${this.label}`;
      this.changed();
    }
  }

  #chip(value) {
    const remove = button("×", () => this.#remove(value), { class: "quiet", "aria-label": `Remove ${value}` });
    return make("li", { class: "chip" }, make("span", {}, value), remove);
  }

  #remove(value) {
    const place = this.#values.indexOf(value);
    this.values = this.#values.filter((one) => one !== value);
    this.status.textContent = `${value} removed from ${this.label}`;
    this.changed();
    // Whoever removes several by keyboard goes on with the next one.
    const next = this.list.children[Math.min(place, this.#values.length - 1)];
    (next?.querySelector("button") ?? this.input).focus();
  }

  #key(event) {
    if (event.key === "Enter" && this.input.value.trim()) {
      event.preventDefault();
      this.add();
    } else if (event.key === "Backspace" && !this.input.value && this.#values.length) {
      this.#remove(this.#values.at(-1));
      this.input.focus();
    }
  }
}
