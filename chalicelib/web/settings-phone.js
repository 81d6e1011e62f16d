// The owner's settings: read, changed, saved; what is wrong stands beside its field.

import { ROOT, ask } from "./rpc.js";
import { sentence, start } from "./session.js";
import { ago, button, make } from "./making.js";
import { field, offer, same } from "./settings-fields.js";
import { CARDS, PROVIDERS, label, plain } from "./settings-layout.js";
import { namedCards } from "./settings-named.js";
import { CredentialsTest, Secret } from "./settings-secrets.js";
import { Tokens } from "./settings-tokens.js";
import { playButton } from "./settings-voice.js";

const CONFLICT = -32009;
const element = (id) => document.getElementById(id);

class SettingsPage {
  constructor(session) {
    this.session = session;
    this.fields = new Map();
    this.secrets = new Map();
    this.dropped = new Set();
    this.made = new Set();
    this.tokens = new Tokens(session, this);
    element("settings").addEventListener("submit", (event) => {
      event.preventDefault();
      this.save();
    });
    element("discard").addEventListener("click", () => this.load("Your changes are discarded."));
    window.addEventListener("beforeunload", (event) => {
      if (this.isChanged) {
        event.preventDefault();
      }
    });
  }

  /** Read everything, and show it. */
  async load(said = "") {
    try {
      this.schema ??= (await ask("phone.schema")).settings;
      const view = await ask("phone.settings");
      this.build(view);
      await Promise.all([this.tokens.load(), this.loadChanges(), this.loadCarriers()]);
      this.hideNotices();
      this.say(said);
    } catch (error) {
      this.fail(error);
    }
  }

  build(view) {
    this.fields.clear();
    this.secrets.clear();
    this.dropped.clear();
    this.made.clear();
    this.view = view;
    const placed = new Set();
    element("provider").replaceChildren(this.#field("phone.provider", placed).element);
    element("carriers").replaceChildren(...Object.keys(PROVIDERS).map((name) => this.#carrier(name, placed)));
    element("cards").replaceChildren(...CARDS.map((card) => this.#card(card, placed)).filter(Boolean));
    element("named").replaceChildren(...namedCards(this));
    this.fill(view);
  }

  /** Show what the phone says, in fields that are there. */
  fill(view) {
    this.view = view;
    for (const one of this.fields.values()) {
      one.set(at(view.settings, one.key));
    }
    this.#fillSecrets(view);
    element("version").textContent = view.version
      ? `Version ${view.version}, saved ${ago(view.changed_at)} by ${view.changed_by}.`
      : "Nothing is set yet; what you see are the defaults.";
    const reads = this.session.scope !== "write";
    element("reader").hidden = !reads;
    element("all").disabled = reads;
    element("token-create").disabled = reads;
    element("save-bar").hidden = reads;
    this.#openActive();
    this.count();
  }

  #fillSecrets(view) {
    for (const one of view.secrets) {
      this.secrets.get(one.key)?.set(one);
    }
  }

  #field(key, placed, setting = this.schema.find((one) => one.key === key)) {
    const made = field(setting, key, () => this.count());
    this.fields.set(key, made);
    placed?.add(key);
    return made;
  }

  #secret(key, placed) {
    const made = new Secret(key, this);
    this.secrets.set(key, made);
    placed?.add(key);
    return made;
  }

  #carrier(name, placed) {
    const prefix = `phone.${name}.`;
    const plainKeys = this.#keys(prefix, placed, (one) => one.kind !== "secret");
    const secretKeys = this.#keys(prefix, placed, (one) => one.kind === "secret");
    const [first, more] = [new Set(["from_number", "webhook_url"]), []];
    const fields = [];
    for (const key of plainKeys) {
      const made = this.#field(key, placed);
      (first.has(key.slice(prefix.length)) ? fields : more).push(made.element);
      if (key.endsWith(".webhook_url") && ROOT.protocol === "https:") {
        made.element.append(offer(ROOT.href.replace(/\/$/, ""), made));
      }
    }
    return make(
      "details",
      { class: "carrier", id: `carrier-${name}`, "data-provider": name },
      make("summary", {}, PROVIDERS[name], " ", make("span", { class: "badge", hidden: true })),
      make("h3", {}, "Credentials"),
      ...secretKeys.map((key) => this.#secret(key, placed).element),
      new CredentialsTest(name, PROVIDERS[name]).element,
      ...fields,
      make("details", {}, make("summary", {}, "Advanced"), ...more),
    );
  }

  #card({ id, title, keys }, placed) {
    const found = keys.flatMap((key) =>
      key.endsWith(".") ? this.#keys(key, placed) : this.#keys(key, placed, (one) => one.key === key),
    );
    if (!found.length) {
      return null;
    }
    const parts = found.map((key) => {
      const setting = this.schema.find((one) => one.key === key);
      return (setting.kind === "secret" ? this.#secret(key, placed) : this.#field(key, placed)).element;
    });
    if (id === "speech") {
      parts.splice(2, 0, playButton(this.fields));
    }
    return make(
      "section",
      { class: "card", "aria-labelledby": `${id}-title` },
      make("h2", { id: `${id}-title` }, title),
      ...parts,
    );
  }

  #keys(prefix, placed, wanted = () => true) {
    return this.schema
      .filter((one) => one.key.startsWith(prefix) && !placed.has(one.key) && !one.key.includes("*") && wanted(one))
      .map((one) => one.key);
  }

  /** What is kept at a whole key. */
  stored(key) {
    return at(this.view.settings, key);
  }

  /** A field of a table that has a name of the owner's. */
  addField(setting, key) {
    const made = this.#field(key, null, setting);
    made.set(this.stored(key));
    return made;
  }

  addSecret(key) {
    return this.#secret(key);
  }

  /** Whether secrets of that name are those of an account, and not of the agent or the like. */
  hasAccount(name) {
    return name in PROVIDERS || this.stored(`phone.accounts.${name}`) !== undefined;
  }

  hasTable(prefix) {
    return [...this.fields.keys()].some((key) => key.startsWith(`${prefix}.`));
  }

  tableMade(prefix) {
    this.made.add(prefix);
    this.count();
  }

  tableDropped(prefix) {
    for (const key of [...this.fields.keys()].filter((one) => one.startsWith(`${prefix}.`))) {
      this.fields.delete(key);
    }
    this.made.delete(prefix);
    if (this.stored(prefix) !== undefined) {
      this.dropped.add(prefix);
    }
    this.count();
  }

  #openActive() {
    const active = this.fields.get("phone.provider").select.value;
    for (const panel of element("carriers").children) {
      if (panel.dataset.provider === active) {
        panel.open = true;
      }
    }
  }

  async loadCarriers() {
    const { accounts } = await ask("voicecall.status");
    for (const panel of element("carriers").children) {
      const account = accounts.find((one) => one.id === panel.dataset.provider);
      const badge = panel.querySelector("summary .badge");
      badge.hidden = !account;
      if (account) {
        badge.textContent = account.carrier === "simulated" ? "simulated" : account.ready ? "ready" : "not ready";
        badge.className = `badge ${account.ready ? "good" : "warn"}`;
        panel.dataset.simulated = account.carrier === "simulated";
      }
    }
  }

  async loadChanges() {
    const { entries } = await ask("audit.list", { limit: 10 });
    element("changes").replaceChildren(
      ...entries.map((entry) =>
        make(
          "li",
          {},
          make("p", { class: "label" }, plain(entry.action), make("span", { class: "hint" }, ` ${ago(entry.at)}, by ${entry.name}`)),
          make("p", { class: "state" }, entry.changes.map((one) => one.key).join(", ")),
        ),
      ),
    );
  }

  get changes() {
    const changes = {};
    for (const key of this.dropped) {
      changes[key] = null;
    }
    // A new table is there even when nothing stands in it, and has taken the place of an older one.
    for (const name of this.made) {
      changes[name] = {};
    }
    for (const one of this.fields.values()) {
      const isNew = [...this.made].some((name) => one.key.startsWith(`${name}.`));
      const value = isNew ? one.held() : one.value;
      const counts = isNew ? value !== null && !same(value, one.setting.default ?? null) : one.isChanged;
      if (counts) {
        changes[one.key] = value;
      }
    }
    return changes;
  }

  get isChanged() {
    return Object.keys(this.changes).length > 0;
  }

  /** Say how many changes wait to be saved. */
  count() {
    this.#openActive();
    const count = Object.keys(this.changes).length;
    element("unsaved").textContent = count
      ? `${count} change${count === 1 ? "" : "s"} not saved.`
      : "Everything is saved.";
    element("save").disabled = !count;
    element("discard").disabled = !count;
  }

  async save(version = this.view.version) {
    this.hideNotices();
    for (const one of this.fields.values()) {
      one.settle();
    }
    element("save").disabled = true;
    try {
      const view = await ask("phone.save", { version, changes: this.changes });
      this.build(view);
      this.say(`Saved as version ${view.version}. It holds everywhere within 30 seconds.`);
      await Promise.all([this.loadChanges(), this.loadCarriers()]);
    } catch (error) {
      await this.#refused(error);
    } finally {
      this.count();
    }
  }

  async #refused(error) {
    if (error.code === CONFLICT) {
      await this.showConflict(error.data);
    } else if (error.faults?.length) {
      this.showFaults(error.faults);
    } else {
      this.fail(error);
    }
  }

  showFaults(told) {
    const elsewhere = [];
    let first = null;
    // In the order in which their fields stand on the page; what has none comes last.
    const places = [...document.querySelectorAll("[data-key]")].map((one) => one.dataset.key);
    const place = ({ field: key }) => (places.includes(key) ? places.indexOf(key) : places.length);
    const faults = [...told].sort((one, other) => place(one) - place(other));
    for (const { field: key, reason } of faults) {
      const one = this.fields.get(key);
      if (one) {
        one.complain(reason);
        first ??= one;
      } else {
        const table = document.querySelector(`[data-prefix="${CSS.escape(key)}"] > .fault`);
        if (table) {
          table.textContent = sentence(reason);
        }
        elsewhere.push(make("li", {}, sentence(`${key}: ${reason}`)));
      }
    }
    const count = `${faults.length} field${faults.length === 1 ? " needs" : "s need"} your attention; nothing was saved.`;
    const named = faults.filter((one) => this.fields.has(one.field)).map((one) => make("li", {}, this.fields.get(one.field).faultText.textContent));
    element("faults").replaceChildren(make("p", {}, count), make("ul", {}, ...named, ...elsewhere));
    element("faults").hidden = false;
    (first ?? element("faults")).focus();
  }

  /** Show what somebody else saved meanwhile, and leave the choice. */
  async showConflict({ version, changed_by: by }) {
    const theirs = await ask("phone.settings");
    const rows = [...this.fields.values()]
      .filter((one) => !same(at(theirs.settings, one.key) ?? null, one.initial))
      .map((one) => make("li", {}, `${label(one.key)}: ${JSON.stringify(at(theirs.settings, one.key) ?? "default")}`));
    element("conflict").replaceChildren(
      make("p", {}, `${by || "Somebody else"} saved version ${version} while you were editing. Your changes are still here, and not saved.`),
      make("ul", {}, ...rows),
      make(
        "div",
        { class: "row" },
        button("Load what was saved", () => this.load("What was saved is loaded.")),
        button("Save my changes as well", () => this.save(theirs.version)),
      ),
    );
    element("conflict").hidden = false;
    element("conflict").focus();
  }

  /** Secrets have a version of their own making: nothing else of the page is touched. */
  async secretsChanged(view, said) {
    // If somebody else saved in between, the next save has to find out.
    if (view.version === this.view.version + 1) {
      this.view = { ...this.view, version: view.version, secrets: view.secrets };
    }
    this.#fillSecrets(view);
    this.say(said);
    await Promise.all([this.loadChanges(), this.loadCarriers()]).catch((error) => this.fail(error));
  }

  say(text) {
    element("status").textContent = text;
    const shown = make("p", { class: "toast", "aria-hidden": "true" }, text);
    document.querySelector(".toast")?.remove();
    if (text) {
      element("save-bar").before(shown);
    }
  }

  fail(error) {
    element("faults").replaceChildren(make("p", {}, sentence(error.message)));
    element("faults").hidden = false;
    element("faults").focus();
  }

  hideNotices() {
    for (const id of ["faults", "conflict"]) {
      element(id).hidden = true;
    }
    for (const one of this.fields.values()) {
      one.complain("");
    }
    for (const one of document.querySelectorAll(".named-table > .fault")) {
      one.textContent = "";
    }
    this.say("");
  }
}

/** What stands at a whole key. */
function at(settings, key) {
  return key.split(".").reduce((found, step) => found?.[step], settings);
}

let page = null;

start(async (session) => {
  if (page === null) {
    page = new SettingsPage(session);
  }
  page.session = page.tokens.session = session;
  await page.load();
  element("title").focus();
});
