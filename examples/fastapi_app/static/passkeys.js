// Passkeys in the browser, without a dependency. Copy this file, and load it with <script type="module" src="...">.
// It takes over forms such as this one, and shows them where the browser has passkeys:
//
//   <form method="post" action="/answer" data-passkey="create" data-options="/options" hidden>
//     <input type="hidden" name="credential"><button>Add a passkey</button><p role="alert" hidden></p>
//   </form>
//
// A POST to data-options gives the service's options, or {"error": "text"} with a status. The browser's answer is sent
// with the form, as JSON. data-passkey is "create" to register a passkey, or "get" to sign in with one. With
// data-autofill, the browser also offers passkeys in the input whose autocomplete ends in "webauthn".

const MESSAGES = {
  InvalidStateError: "This device already has a passkey for your account.",
  NotAllowedError: "That was cancelled, or it took too long. Try again.",
  SecurityError: "The passkeys of this site can't be used at this address.",
  TypeError: "That did not work. Try again in a moment.",
};
const STALE_MS = 120_000; // A challenge of Cognito is good for three minutes.
let pending; // Browsers run one ceremony at a time.

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const base64url = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

function optionsOf(json, parser) {
  if (PublicKeyCredential[parser]) return PublicKeyCredential[parser](json);
  const options = { ...json, challenge: bytes(json.challenge) };
  if (json.user) options.user = { ...json.user, id: bytes(json.user.id) };
  for (const name of ["excludeCredentials", "allowCredentials"]) {
    if (json[name]) options[name] = json[name].map((item) => ({ ...item, id: bytes(item.id) }));
  }
  return options;
}

function jsonOf(credential) {
  if (credential.toJSON) return credential.toJSON();
  const { id, type, authenticatorAttachment, response } = credential;
  const json = { id, rawId: id, type, clientExtensionResults: credential.getClientExtensionResults(), response: {} };
  if (authenticatorAttachment) json.authenticatorAttachment = authenticatorAttachment;
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[name]) json.response[name] = base64url(response[name]);
  }
  if (response.getTransports) json.response.transports = response.getTransports();
  return json;
}

async function ask(form, mediation) {
  pending?.controller.abort();
  const ceremony = (pending = { controller: new AbortController(), mediation, since: Date.now() });
  const { signal } = ceremony.controller;
  try {
    const answer = await fetch(form.dataset.options, { method: "POST", signal });
    if (answer.redirected) return location.assign(answer.url); // to the sign-in, since the session is over
    const json = await answer.json();
    if (!answer.ok) throw new Error(json.error);
    const [method, parser] =
      form.dataset.passkey === "create" ? ["create", "parseCreationOptionsFromJSON"] : ["get", "parseRequestOptionsFromJSON"];
    const credential = await navigator.credentials[method]({ publicKey: optionsOf(json, parser), mediation, signal });
    form.elements.credential.value = JSON.stringify(jsonOf(credential));
    form.submit();
  } finally {
    if (pending === ceremony) pending = undefined;
  }
}

function askAndTell(form) {
  const place = form.querySelector("[role=alert]");
  place.hidden = true;
  ask(form).catch((error) => {
    if (error.name === "AbortError") return; // another ceremony took over
    place.textContent = MESSAGES[error.name] ?? error.message;
    place.hidden = false;
  });
}

async function offer(form) {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  const begin = () => {
    const isStale = pending?.mediation === "conditional" && Date.now() - pending.since > STALE_MS;
    if (!pending || isStale) ask(form, "conditional").catch(() => {}); // Nobody asked, so nobody is told.
  };
  document.querySelector("input[autocomplete~=webauthn]")?.addEventListener("focus", begin);
  begin();
}

for (const form of window.PublicKeyCredential ? document.querySelectorAll("form[data-passkey]") : []) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    askAndTell(form);
  });
  form.hidden = false;
  if ("autofill" in form.dataset) offer(form);
}
