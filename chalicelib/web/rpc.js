// JSON-RPC to the app that this page came from.

/** Where the app is: behind a gateway there may be a prefix. */
export const ROOT = new URL("../", import.meta.url);

/** Sent on the document when the app no longer knows our session. */
export const SIGNED_OUT = "signed-out";

const INTERNAL = -32603;
let proof = "";

/** What the app said no with; `faults` are `{field, reason}`. */
export class RpcError extends Error {
  constructor({ code, message, data = {} }) {
    super(message);
    this.code = code;
    this.data = data;
    this.faults = data.faults ?? [];
  }
}

/** Prove from now on with `text` that requests come from a page of ours. */
export function proveWith(text) {
  proof = text;
}

/** Headers that let a request of ours in. */
export function headers() {
  return { "Content-Type": "application/json", "X-Moltis-Page": proof };
}

/** Call `method`, and give its result; throws an `RpcError`. */
export async function ask(method, params = {}) {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  const response = await send("rpc", { method: "POST", headers: headers(), body });
  const answer = await response.json().catch(() => null);
  if (response.status === 401) {
    document.dispatchEvent(new Event(SIGNED_OUT));
  }
  if (!answer) {
    const message = `The gateway failed (HTTP ${response.status}); its log says why.`;
    throw new RpcError({ code: INTERNAL, message });
  }
  if (answer.error) {
    throw new RpcError(answer.error);
  }
  return answer.result;
}

/** Fetch a path of the app; throws an `RpcError` when nobody answers. */
export async function send(path, options = {}) {
  try {
    return await fetch(new URL(path, ROOT), { credentials: "same-origin", ...options });
  } catch {
    const message = "The gateway does not answer. Check that it runs, then try again.";
    throw new RpcError({ code: 0, message });
  }
}

/** A queue: each request that is put into it is made when the one before has been answered. */
export function queue() {
  let last = Promise.resolve();
  return (request) => {
    const mine = last.then(request);
    last = mine.catch(() => {});
    return mine;
  };
}
