// Signing in with a token, and out again; the same on every page.

import { SIGNED_OUT, headers, proveWith, send } from "./rpc.js";

const element = (id) => document.getElementById(id);

/** Show the page once somebody is signed in: `open` is called with `{name, scope, token_id}`. */
export async function start(open) {
  const view = new SignIn(open);
  const token = tokenFromAddress();
  if (token) {
    view.ask({ token });
    return;
  }
  try {
    view.show(await session());
  } catch (error) {
    view.ask({ fault: error.message });
  }
}

/** Take `#token=…` out of the address, so that it stays in no history and no screenshot. */
function tokenFromAddress() {
  const found = new URLSearchParams(location.hash.slice(1)).get("token") ?? "";
  if (found) {
    history.replaceState(null, "", location.pathname + location.search);
  }
  return found;
}

async function session() {
  const response = await send("session", { cache: "no-store" });
  return response.json();
}

class SignIn {
  constructor(open) {
    this.open = open;
    element("sign-in-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    element("sign-out").addEventListener("click", () => this.leave());
    document.addEventListener(SIGNED_OUT, () => {
      this.ask({ fault: "Your session has ended. Sign in again." });
    });
  }

  /** Ask for a token. */
  ask({ token = "", fault = "" } = {}) {
    element("page").hidden = true;
    element("who").hidden = true;
    element("sign-in").hidden = false;
    element("sign-in-token").value = token;
    this.complain(fault);
    (token ? element("sign-in-form").querySelector("button") : element("sign-in-token")).focus();
  }

  /** Show the page to whoever the session is of. */
  show(found) {
    if (!found.signed_in) {
      this.ask();
      return;
    }
    proveWith(found.proof);
    element("sign-in").hidden = true;
    element("sign-in-token").value = "";
    element("who-name").textContent = `${found.name} (${found.scope})`;
    element("who").hidden = false;
    element("page").hidden = false;
    this.open(found);
  }

  complain(fault) {
    element("sign-in-fault").textContent = fault;
    element("sign-in-token").toggleAttribute("aria-invalid", Boolean(fault));
  }

  async submit() {
    const field = element("sign-in-token");
    const token = field.value.trim();
    if (!token) {
      this.complain("Enter a token.");
      field.focus();
      return;
    }
    const button = element("sign-in-form").querySelector("button");
    button.disabled = true;
    try {
      await this.enter(token);
    } catch (error) {
      this.complain(error.message);
    } finally {
      button.disabled = false;
    }
    if (field.hasAttribute("aria-invalid")) {
      field.focus();
    }
  }

  async enter(token) {
    const body = JSON.stringify({ token });
    const response = await send("session", { method: "POST", headers: headers(), body });
    if (!response.ok) {
      const { error } = await response.json().catch(() => ({ error: "it failed" }));
      this.complain(sentence(error));
      return;
    }
    const found = await session();
    if (!found.signed_in) {
      this.complain("Your browser did not keep the session: open this page by https, or at 127.0.0.1.");
      return;
    }
    this.complain("");
    this.show(found);
  }

  async leave() {
    try {
      await send("session", { method: "DELETE", headers: headers() });
    } catch (error) {
      this.ask({ fault: error.message });
      return;
    }
    this.ask();
  }
}

/** A reason as a sentence. */
export function sentence(reason) {
  const text = reason.charAt(0).toUpperCase() + reason.slice(1);
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}
