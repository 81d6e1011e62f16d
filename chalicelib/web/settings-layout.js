// Where each setting stands on the page, and in which words. What is not named here is shown all
// the same, under its own name, so that a new key of the schema is never missing.

export const PROVIDERS = { twilio: "Twilio", telnyx: "Telnyx", plivo: "Plivo" };

/** The cards, each with the keys or the tables (ending in a dot) that stand in it. */
export const CARDS = [
  {
    id: "inbound",
    title: "Who may call",
    keys: ["phone.enabled", "phone.inbound_policy", "phone.allowlist", "phone.inbound_greeting"],
  },
  {
    id: "speech",
    title: "Language and voice",
    keys: ["phone.language", "phone.voice", "phone.tts."],
  },
  {
    id: "durations",
    title: "Durations",
    keys: [
      "phone.max_duration_secs",
      "phone.ring_timeout_secs",
      "phone.notify_hangup_delay_secs",
    ],
  },
  { id: "agent", title: "Agent", keys: ["phone.agent."] },
  { id: "limits", title: "Outbound limits", keys: ["phone.outbound."] },
  { id: "further", title: "Further settings", keys: ["phone."] },
];

/** Label and hint of a key; after the last dot, if it is the same wherever it stands. */
const WORDS = {
  "phone.enabled": ["Phone is on", "Off: no call is placed and none is taken."],
  "phone.provider": ["Provider", "Places calls unless another account is named."],
  "phone.inbound_policy": ["Inbound calls", "Caller ID can be forged: a list keeps nuisance out, not fraud."],
  "phone.allowlist": ["Allowed callers", "In international form, like +15559876543."],
  "phone.inbound_greeting": ["Greeting", "The first words of a call that has no message of its own."],
  "phone.language": ["Language", "For recognition and speech, like en-US or de-DE."],
  "phone.voice": ["Voice", "A voice of the carrier; empty: its own choice."],
  "phone.max_duration_secs": ["Longest call, in seconds", ""],
  "phone.ring_timeout_secs": ["Ring at most, in seconds", ""],
  "phone.notify_hangup_delay_secs": ["Wait after a notification, in seconds", "From the end of the message to the hang-up."],
  "phone.agent.kind": ["Who answers", "Offline follows hand-written rules and needs no model."],
  "phone.agent.base_url": ["Address of the model server", ""],
  "phone.agent.system_prompt": ["System prompt", ""],
  "phone.agent.function_name": ["Name of your Lambda function", ""],
  "phone.agent.reply_budget_secs": ["Reply within, in seconds", "After this the caller hears that the agent is thinking."],
  "phone.agent.timeout_secs": ["Give up after, in seconds", "After this the caller hears an apology."],
  "phone.agent.fillers": ["Said while the caller waits", "Whole sentences, at least two, said in turn. None: ours."],
  "phone.agent.transfer_to": ["May hand a call to", "Numbers like +15551234567, allowed under Outbound too. None: to nobody."],
  "phone.agent.api_key": ["Agent API key", ""],
  "phone.tts.provider": ["Who speaks", "The carrier itself, or an engine that makes sound for it."],
  "phone.tts.voice": ["Voice of that engine", ""],
  "phone.tts.model": ["Model of that engine", ""],
  "phone.tts.base_url": ["Address of the speech server", ""],
  "phone.tts.api_key": ["Speech API key", ""],
  "phone.outbound.allow": ["Prefixes that may be called", "+ alone means every number."],
  "phone.outbound.deny": ["Prefixes that may not", "The longer prefix wins."],
  "phone.outbound.max_concurrent_calls": ["Calls at the same time", "For each account."],
  "phone.outbound.max_calls_per_day": ["Calls in a day", "For each account, in a day of UTC."],
  "phone.outbound.max_calls_per_day_per_number": ["Calls in a day to one number", "For each account, in a day of UTC."],
  "phone.outbound.machine": ["When a machine answers", ""],
  from_number: ["Number", "Whom the far end sees, like +15551234567."],
  webhook_url: ["Public address", "Where the carrier reaches this phone; it must be reachable from outside."],
  api_base_url: ["Address of the carrier's interface", "Empty: the real one."],
  fallback: ["Account that calls instead", "When this carrier cannot be reached or has no room."],
  account_sid: ["Account SID", ""],
  auth_token: ["Auth token", ""],
  api_key: ["API key", ""],
  connection_id: ["Connection ID", ""],
  public_key: ["Public key", ""],
  auth_id: ["Auth ID", ""],
  main_auth_token: ["Auth token of the main account", "For a subaccount."],
};

/** Words for what an account or a number may have of its own; else it has what is more general. */
const OWN = {
  inbound_greeting: ["Its own greeting", "The first words here."],
  language: ["Its own language", "Like en-US or de-DE."],
  voice: ["Its own voice", "A voice of the carrier."],
  "tts.provider": ["Who speaks here", ""],
  "tts.voice": ["Voice of that engine here", ""],
  "tts.model": ["Model of that engine here", ""],
  "agent.kind": ["Who answers here", ""],
  "agent.model": ["Model that answers here", ""],
  "agent.system_prompt": ["Its own system prompt", ""],
  "agent.function_name": ["Lambda function that answers here", ""],
  "agent.fillers": ["Said here while the caller waits", "Whole sentences, at least two, said in turn."],
  "agent.transfer_to": ["May hand a call here to", "Numbers like +15551234567."],
  "agent.timeout_secs": ["Give up here after, in seconds", ""],
};

/** Words for the choices that say too little by themselves. */
const CHOICES = {
  "phone.inbound_policy": {
    disabled: "Nobody may call",
    allowlist: "Only allowed callers",
    open: "Everybody may call",
  },
  "phone.agent.kind": {
    offline: "Offline rules",
    openai: "OpenAI or compatible",
    bedrock: "Amazon Bedrock",
    lambda: "Your Lambda function",
  },
  "phone.outbound.machine": {
    off: "Treat it like a person",
    hangup: "Hang up",
    leave_message: "Leave the message",
  },
  "phone.provider": PROVIDERS,
};

const last = (key) => key.split(".").at(-1);

const PLACES = [/^phone\.(?:accounts|numbers)\.[^.]+\.(.+)$/, new RegExp(`^phone\\.(?:${Object.keys(PROVIDERS).join("|")})\\.(.+)$`)];

/** What a key is called within an account or a number, if it stands in one. */
function within(key) {
  return PLACES.map((place) => place.exec(key)?.[1]).find(Boolean) ?? "";
}

function words(key) {
  return WORDS[key] ?? OWN[within(key)] ?? WORDS[last(key)];
}

export function label(key) {
  return words(key)?.[0] ?? plain(last(key));
}

export function hint(key) {
  return words(key)?.[1] ?? "";
}

export function choice(key, value) {
  const general = `phone.${within(key)}`;
  const known = CHOICES[key] ?? CHOICES[general] ?? (last(key) === "provider" ? PROVIDERS : {});
  return known[value] ?? plain(value);
}

/** A key of the schema as words. */
export function plain(name) {
  const text = name.replaceAll("_", " ").replace(/ secs$/, ", in seconds");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
