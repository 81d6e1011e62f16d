// What is said of a call: its state, its numbers, how long it took.

const STATES = {
  initiated: "dialling",
  ringing: "ringing",
  answered: "answered",
  active: "thinking",
  speaking: "speaking",
  listening: "listening",
  completed: "completed",
  hangup_user: "they hung up",
  hangup_bot: "we hung up",
  timeout: "time limit",
  error: "failed",
  no_answer: "no answer",
  busy: "busy",
};
const BADGES = {
  answered: "good",
  active: "good",
  speaking: "good",
  listening: "good",
  timeout: "warn",
  no_answer: "warn",
  busy: "warn",
  error: "bad",
};
const EVENTS = {
  dialled: () => "We dialled.",
  arrived: () => "The call arrived.",
  rang: () => "It rang.",
  answered: ({ answered_by: by }) => (by ? `A ${by} answered.` : "It was answered."),
  opened: () => "The first words were handed to the carrier.",
  end_requested: () => "We asked the carrier to hang up.",
  ended: (call) => `The call was over: ${outcome(call)}.`,
};
const TIME = { month: "short", day: "numeric", hour: "numeric", minute: "2-digit" };
const THIS_YEAR = new Intl.DateTimeFormat(undefined, TIME);
const ANY_YEAR = new Intl.DateTimeFormat(undefined, { year: "numeric", ...TIME });

/** A live state, or a final one, in words. */
export const STATE_WORDS = Object.freeze(STATES);

/** The states that a call ends in. */
export const FINAL_STATES = Object.freeze(Object.keys(STATES).slice(6));

/** The number of whoever is not us, as far as it was told. */
export function otherParty(call) {
  return (call.direction === "outbound" ? call.to : call.from) || "a hidden number";
}

/** The same for lists and titles, where others may see it: the last four digits of a number. */
export function maskedParty(call) {
  return otherParty(call).replaceAll(/\+?\d{3,11}(?=\d{4}(?!\d))/g, "…");
}

/** Who called whom. */
export function directionWords({ direction }) {
  return direction === "outbound" ? "outbound" : "inbound";
}

/** How a call ended. */
export function outcome({ state, error }) {
  return error?.code === "refused_by_policy" ? "refused" : (STATES[state] ?? state);
}

/** Why it failed, as a sentence; empty if it did not. */
export function failure({ error }) {
  return error ? `${error.message} (${error.code})` : "";
}

/** A badge that says a call's state. */
export function stateBadge(call) {
  const badge = document.createElement("span");
  showState(badge, call);
  return badge;
}

/** Have `badge` say a call's state. */
export function showState(badge, call) {
  badge.className = `badge ${BADGES[call.state] ?? ""}`;
  badge.textContent = outcome(call);
}

/** What an event of a call was. */
export function eventWords(what, call) {
  return EVENTS[what]?.(call) ?? what;
}

/** How long a call was, or has been, connected; empty if it never was. */
export function lasting(call, now) {
  if (!call.answered_at) {
    return "";
  }
  const end = call.ended_at ? Date.parse(call.ended_at) : now;
  return duration(end - Date.parse(call.answered_at));
}

/** Milliseconds as minutes and seconds. */
export function duration(millis) {
  const secs = Math.max(0, Math.floor(millis / 1000));
  const two = (number) => String(number).padStart(2, "0");
  const minutes = Math.floor(secs / 60);
  return minutes < 60
    ? `${minutes}:${two(secs % 60)}`
    : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(secs % 60)}`;
}

/** Milliseconds after the beginning, to a tenth of a second as long as they are few. */
export function offset(millis) {
  return millis < 60_000 ? `+${(millis / 1000).toFixed(1)} s` : `+${duration(millis)}`;
}

/** The day and the time when something was. */
export function moment(at) {
  const time = document.createElement("time");
  time.dateTime = at;
  const when = new Date(at);
  const isThisYear = when.getFullYear() === new Date().getFullYear();
  time.textContent = (isThisYear ? THIS_YEAR : ANY_YEAR).format(when);
  return time;
}
