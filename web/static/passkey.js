// What JavaScript adds to the desk pages: passkeys, which browsers give to
// scripts only. Everything else works without it.
"use strict";
document.documentElement.classList.add("js");

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

const send = async (path, body) => {
  const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), credentials: "same-origin" });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
};

const plain = (credential) => {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = text(credential.response[name]);
  }
  if (credential.response.getTransports) response.transports = credential.response.getTransports();
  return { id: credential.id, rawId: text(credential.rawId), type: credential.type, response, clientExtensionResults: credential.getClientExtensionResults() };
};

const known = (list) => (list || []).map((c) => ({ ...c, id: bytes(c.id) }));

const use = async (button) => {
  const { ask, word } = await send("/login/passkey/ask", {});
  const options = { ...ask.publicKey, challenge: bytes(ask.publicKey.challenge), allowCredentials: known(ask.publicKey.allowCredentials) };
  const credential = await navigator.credentials.get({ publicKey: options });
  return send("/login/passkey", { word, answer: plain(credential), to: button.dataset.to });
};

const make = async () => {
  const { ask, word } = await send("/account/passkeys/ask", {});
  const options = { ...ask.publicKey, challenge: bytes(ask.publicKey.challenge), excludeCredentials: known(ask.publicKey.excludeCredentials) };
  options.user = { ...options.user, id: bytes(options.user.id) };
  const credential = await navigator.credentials.create({ publicKey: options });
  return send("/account/passkeys", { word, answer: plain(credential), name: document.getElementById("passkeyname").value || "Passkey" });
};

for (const button of document.querySelectorAll("[data-passkey]")) {
  if (!window.PublicKeyCredential) { button.hidden = true; continue; }
  const said = button.closest("section, main").querySelector("[data-passkey-said]");
  button.addEventListener("click", async () => {
    button.disabled = true;
    said.textContent = "";
    try {
      const { to } = await (button.dataset.passkey === "new" ? make() : use(button));
      location.assign(to);
    } catch (e) {
      // What the browser says is not for people; what the server says is.
      said.textContent = e instanceof DOMException || e instanceof TypeError ? button.dataset.failed : e.message;
      button.disabled = false;
    }
  });
}
