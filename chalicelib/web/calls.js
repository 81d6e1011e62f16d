// The calls that go on, and those that were.

import { CallCard } from "./call-card.js";
import { maskedParty, outcome } from "./call-words.js";
import { History } from "./calls-history.js";
import { PlaceForm, placedWords } from "./calls-place.js";
import { Poll } from "./poll.js";
import { ask, send } from "./rpc.js";
import { start } from "./session.js";

const WHILE_LIVE_MS = 3000;
const WHILE_QUIET_MS = 20_000;
const element = (id) => document.getElementById(id);

const cards = new Map();
const history = new History(() => poll.soon(), complain);
const form = new PlaceForm(placed);
const poll = new Poll({
  path: () => `data/calls?${new URLSearchParams(history.query)}`,
  changed: show,
  failed: complain,
  slowest: () => (liveCards().length ? WHILE_LIVE_MS : WHILE_QUIET_MS),
});
let mayAct = false;

async function open({ scope }) {
  mayAct = scope === "write";
  element("place").hidden = !mayAct;
  element("title").focus();
  try {
    const { accounts } = await ask("voicecall.status");
    form.offer(accounts);
    history.offer(accounts);
  } catch (error) {
    complain(error);
  }
  poll.start();
}

function show(found) {
  for (const call of found.live) {
    showLive(call);
  }
  const live = new Set(found.live.map(({ call_id: id }) => id));
  for (const card of liveCards()) {
    if (!live.has(card.call.call_id)) {
      conclude(card);
    }
  }
  history.show(found);
  count();
}

function showLive(call) {
  const card = cards.get(call.call_id);
  if (card) {
    card.update(call);
    return;
  }
  const made = new CallCard(call, { mayAct, done: acted });
  made.element.append(foot(made));
  cards.set(call.call_id, made);
  element("live").prepend(made.element);
}

/** A call is not among the live ones any more: show its end, and leave it there to be read. */
async function conclude(card) {
  try {
    const response = await send(`data/calls/${encodeURIComponent(card.call.call_id)}`);
    const { call } = await response.json();
    if (call?.end_reason && !card.call.end_reason) {
      card.update(call);
      tell(`The call with ${maskedParty(call)} is over: ${outcome(call)}.`);
      count();
    }
  } catch (error) {
    complain(error);
  }
}

function foot(card) {
  const made = document.createElement("footer");
  made.className = "call-foot";
  const link = document.createElement("a");
  link.href = `calls/${encodeURIComponent(card.call.call_id)}`;
  link.textContent = "All about this call";
  const away = document.createElement("button");
  away.type = "button";
  away.className = "quiet";
  away.textContent = "Put away";
  away.hidden = true;
  away.addEventListener("click", () => {
    cards.delete(card.call.call_id);
    card.element.remove();
    count();
    element("live-title").focus();
  });
  card.away = away;
  made.append(link, away);
  return made;
}

function placed(call) {
  showLive(call);
  tell(placedWords(call));
  count();
  cards.get(call.call_id).title.focus();
  poll.soon();
}

function acted(call) {
  cards.get(call.call_id)?.update(call);
  count();
  poll.soon();
}

function count() {
  const number = liveCards().length;
  element("live-number").textContent = number || "";
  element("live-none").hidden = cards.size > 0;
  for (const card of cards.values()) {
    card.away.hidden = !card.call.end_reason;
  }
}

function liveCards() {
  return [...cards.values()].filter((card) => !card.call.end_reason);
}

function tick() {
  for (const card of cards.values()) {
    card.tick(poll.now());
  }
}

function tell(text) {
  element("news").textContent = text;
}

function complain(error) {
  element("fault").textContent = error?.message ?? "";
}

setInterval(tick, 1000);
start(open);
