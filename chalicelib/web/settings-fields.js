// A field for each kind of setting: what is set stands in it, what holds otherwise is its hint.

import { Chips } from "./settings-chips.js";
import { button, make } from "./making.js";
import { choice, hint, label } from "./settings-layout.js";

const NUMBERS = new Set(["whole", "seconds"]);
const LISTS = new Set(["telephones", "prefixes", "texts", "list"]);
const INPUTS = { telephone: "tel", address: "url" };

/** A field for `setting`, of the schema, at `key`; `changed` is called whenever it changes. */
export function field(setting, key, changed) {
  if (LISTS.has(setting.kind) || Array.isArray(setting.default)) {
    return new ListField(setting, key, changed);
  }
  if (setting.kind === "boolean") {
    return new BooleanField(setting, key, changed);
  }
  if (setting.kind === "choice") {
    return new ChoiceField(setting, key, changed);
  }
  return new TextField(setting, key, changed);
}

const idOf = (key) => key.replaceAll(/[^a-zA-Z0-9_-]/g, "-");

/** What all fields can do: hold a value or none, and have a fault. */
class Field {
  constructor(setting, key, changed) {
    this.setting = setting;
    this.key = key;
    this.id = idOf(key);
    this.initial = null;
    this.changed = changed;
    this.faultText = make("p", { class: "fault", id: `${this.id}-fault` });
  }

  /** Show `value`, or what holds when there is none. */
  set(value) {
    this.initial = value ?? null;
    this.show(this.initial ?? this.setting.default ?? null, this.initial !== null);
    this.complain("");
  }

  /** What the field holds: nothing where the default does and nothing else was set. */
  get value() {
    const held = this.held();
    return this.initial === null && same(held, this.setting.default ?? null) ? null : held;
  }

  get isChanged() {
    return !same(this.value, this.initial);
  }

  complain(reason) {
    this.faultText.textContent = reason ? `${label(this.key)} ${reason}` : "";
    for (const control of this.controls()) {
      control.toggleAttribute("aria-invalid", Boolean(reason));
      if (reason) {
        control.setAttribute("aria-invalid", "true");
      }
    }
  }

  focus() {
    for (let place = this.element.parentElement; place; place = place.parentElement) {
      if (place.tagName === "DETAILS") {
        place.open = true;
      }
    }
    this.controls()[0].focus();
  }

  /** Take in what was typed and not yet added, before saving. */
  settle() {}

  describe(extra = "") {
    const text = [hint(this.key), extra].filter(Boolean).join(" ");
    this.hint = make("p", { class: "hint", id: `${this.id}-hint` }, text);
    return `${this.id}-hint ${this.id}-fault`;
  }

  frame(...parts) {
    return make("div", { class: "field", "data-key": this.key }, ...parts, this.hint, this.faultText);
  }
}

class TextField extends Field {
  constructor(setting, key, changed) {
    super(setting, key, changed);
    const { low, high } = setting;
    const described = this.describe(low === undefined ? "" : `From ${low} to ${high}.`);
    this.input = make(setting.kind === "prose" ? "textarea" : "input", {
      id: this.id,
      type: setting.kind === "prose" ? null : (INPUTS[setting.kind] ?? "text"),
      inputmode: NUMBERS.has(setting.kind) ? "decimal" : null,
      autocomplete: "off",
      spellcheck: setting.kind === "prose" ? "true" : "false",
      placeholder: setting.default === "" ? null : String(setting.default ?? ""),
      "aria-describedby": described,
      oninput: () => this.changed(this),
    });
    this.element = this.frame(make("label", { for: this.id }, label(key)), this.input);
  }

  controls() {
    return [this.input];
  }

  show(value, isSet) {
    this.input.value = isSet ? String(value) : "";
  }

  held() {
    const text = this.setting.kind === "prose" ? this.input.value : this.input.value.trim();
    if (!text) {
      return null;
    }
    // What is no number goes out as it is: the phone itself says what it wants.
    return NUMBERS.has(this.setting.kind) && !Number.isNaN(Number(text)) ? Number(text) : text;
  }

  get value() {
    return this.held();
  }
}

class BooleanField extends Field {
  constructor(setting, key, changed) {
    super(setting, key, changed);
    this.input = make("input", {
      id: this.id,
      type: "checkbox",
      "aria-describedby": this.describe(),
      onchange: () => this.changed(this),
    });
    const row = make("div", { class: "row" }, this.input, make("label", { for: this.id }, label(key)));
    this.element = this.frame(row);
  }

  controls() {
    return [this.input];
  }

  show(value) {
    this.input.checked = Boolean(value);
  }

  held() {
    return this.input.checked;
  }
}

class ChoiceField extends Field {
  constructor(setting, key, changed) {
    super(setting, key, changed);
    this.select = make(
      "select",
      { id: this.id, "aria-describedby": this.describe(), onchange: () => this.changed(this) },
      setting.default === null ? make("option", { value: "" }, "As it is elsewhere") : null,
      ...setting.choices.map((one) => make("option", { value: one }, choice(key, one))),
    );
    this.element = this.frame(make("label", { for: this.id }, label(key)), this.select);
  }

  controls() {
    return [this.select];
  }

  show(value) {
    this.select.value = value ?? (this.setting.default === null ? "" : this.setting.choices[0]);
  }

  held() {
    return this.select.value || null;
  }
}

class ListField extends Field {
  constructor(setting, key, changed) {
    super(setting, key, changed);
    const described = this.describe();
    this.chips = new Chips({
      id: this.id,
      label: label(key),
      kind: setting.kind,
      described,
      changed: () => this.changed(this),
      complain: (reason) => this.complain(reason),
    });
    this.element = this.frame(make("label", { for: this.id }, label(key)), this.chips.element);
  }

  controls() {
    return [this.chips.input];
  }

  show(value) {
    this.chips.values = [...(value ?? [])];
  }

  held() {
    // What could not be added goes out as it is, so that all faults are told of at once.
    const values = [...this.chips.values, ...this.chips.refused];
    // Where something more general holds, an empty list is nothing of its own.
    return values.length || this.setting.default !== null ? values : null;
  }

  settle() {
    this.chips.add();
  }
}

/** A button that puts this very address into a field for addresses. */
export function offer(address, into) {
  return button(`Use ${address}`, () => {
    into.input.value = address;
    into.changed(into);
    into.input.focus();
  });
}

export function same(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}
