// The calls that are over: what is looked for, and what was found.

import { FINAL_STATES, STATE_WORDS, directionWords, lasting, maskedParty, moment, stateBadge } from "./call-words.js";
import { ask } from "./rpc.js";

const NAMES = ["search", "account", "direction", "state", "first", "last"];
const TYPING_MS = 300;
const element = (id) => document.getElementById(id);
const filter = (name) => element(`filter-${name}`);

/** The table and its filters; `asks()` is called when something else is looked for. */
export class History {
  constructor(asks, fails) {
    this.asks = asks;
    this.fails = fails;
    this.calls = new Map();
    this.cursor = null;
    this.hasMore = false;
    this.typing = 0;
    for (const state of FINAL_STATES) {
      filter("state").append(new Option(STATE_WORDS[state], state));
    }
    this.readAddress();
    const form = element("filters");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.search();
    });
    form.addEventListener("reset", () => setTimeout(() => this.search()));
    form.addEventListener("input", ({ target }) => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.search(), target.type === "search" ? TYPING_MS : 0);
    });
    element("more").addEventListener("click", () => this.more());
  }

  /** Offer *accounts* to look for. */
  offer(accounts) {
    const wanted = filter("account").value || new URLSearchParams(location.search).get("account");
    filter("account").replaceChildren(
      new Option("Every account", ""),
      ...accounts.map(({ id }) => new Option(id, id)),
    );
    filter("account").value = accounts.some(({ id }) => id === wanted) ? wanted : "";
  }

  /** What is looked for, as the app is asked for it. */
  get query() {
    const { first, last, ...query } = this.filled;
    if (first) {
      query.began_from = midnight(first, 0);
    }
    if (last) {
      query.began_before = midnight(last, 1);
    }
    return query;
  }

  get filled() {
    const pairs = NAMES.map((name) => [name, filter(name).value.trim()]);
    return Object.fromEntries(pairs.filter(([, value]) => value));
  }

  /** Show the newest of what was found. */
  show(found) {
    this.add(found.calls);
    if (!this.hasMore) {
      this.cursor = found.cursor;
      this.tellHowFar(found);
    }
    this.draw();
  }

  async more() {
    const query = { ...this.query, cursor: this.cursor };
    try {
      const found = await ask("voicecall.history", query);
      if (query.cursor === this.cursor) {
        this.hasMore = true;
        this.cursor = found.cursor;
        this.add(found.calls);
        this.tellHowFar(found);
        this.draw();
      }
    } catch (error) {
      this.fails(error);
    }
  }

  search() {
    clearTimeout(this.typing);
    this.calls.clear();
    this.cursor = null;
    this.hasMore = false;
    this.writeAddress();
    this.asks();
  }

  add(calls) {
    for (const call of calls) {
      this.calls.set(call.call_id, call);
    }
  }

  draw() {
    const over = [...this.calls.values()].filter((call) => call.end_reason);
    over.sort((one, other) => (one.started_at < other.started_at ? 1 : -1));
    const rows = element("rows");
    const kept = new Map([...rows.children].map((row) => [row.dataset.call, row]));
    const wanted = over.map((call) => kept.get(call.call_id) ?? rowOf(call));
    if (wanted.length !== rows.children.length || wanted.some((row, place) => row !== rows.children[place])) {
      const focused = document.activeElement;
      rows.replaceChildren(...wanted);
      if (rows.contains(focused)) {
        focused.focus();
      }
    }
    element("rows-none").hidden = over.length > 0 || Boolean(this.cursor);
    element("more").hidden = !this.cursor;
  }

  tellHowFar({ searched_to: back }) {
    const told = element("searched");
    if (back) {
      told.replaceChildren("Looked back to ", moment(back), "; “Earlier calls” looks further.");
    } else if (told.textContent) {
      told.textContent = "";
    }
  }

  readAddress() {
    const kept = new URLSearchParams(location.search);
    for (const name of NAMES) {
      filter(name).value = kept.get(name) ?? "";
    }
  }

  writeAddress() {
    const text = new URLSearchParams(this.filled).toString();
    history.replaceState(null, "", text ? `?${text}` : location.pathname);
  }
}

function rowOf(call) {
  const row = document.createElement("tr");
  row.dataset.call = call.call_id;
  const link = document.createElement("a");
  link.href = `calls/${encodeURIComponent(call.call_id)}`;
  link.textContent = maskedParty(call);
  row.append(
    cell(moment(call.started_at)),
    cell(link),
    cell(directionWords(call), "roomy"),
    cell(call.account, "roomy"),
    cell(stateBadge(call)),
    cell(lasting(call, 0), "roomy"),
  );
  return row;
}

function cell(content, className = "") {
  const made = document.createElement("td");
  made.className = className;
  made.append(content);
  return made;
}

/** Where a day begins here, `after` days later, as the app is told times. */
function midnight(day, after) {
  const [year, month, date] = day.split("-").map(Number);
  return new Date(year, month - 1, date + after).toISOString();
}
