// What JavaScript adds: copy, read aloud, print, save, share, drop a file, a
// report mail with the original, and the sheet that keeps four card digits.
// Every page works without it.
"use strict";
document.documentElement.classList.add("js");
const body = document.body.dataset;
const all = (sel, root = document) => Array.from(root.querySelectorAll(sel));

for (const b of all("[data-copy-from]")) {
  b.addEventListener("click", async () => {
    const el = document.getElementById(b.dataset.copyFrom);
    const text = "value" in el ? el.value : el.textContent;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = "select" in el ? el : Object.assign(document.createElement("textarea"), { value: text });
      if (area !== el) document.body.append(area);
      area.select();
      document.execCommand("copy");
      if (area !== el) area.remove();
    }
    b.textContent = body.copied;
    setTimeout(() => { b.textContent = body.copy; }, 2000);
  });
}

for (const b of all("[data-speak]")) {
  if (!("speechSynthesis" in window)) { b.hidden = true; continue; }
  b.addEventListener("click", () => {
    if (speechSynthesis.speaking) {
      speechSynthesis.cancel();
      b.textContent = body.read;
      return;
    }
    const u = new SpeechSynthesisUtterance(all(".speak").map((e) => e.textContent.trim()).join("\n"));
    u.lang = document.documentElement.lang;
    u.rate = 0.9;
    u.onend = () => { b.textContent = body.read; };
    speechSynthesis.speak(u);
    b.textContent = body.stop;
  });
}

for (const b of all("[data-print]")) b.addEventListener("click", () => window.print());

// The page is saved from the browser; the server has kept nothing of it.
for (const b of all("[data-save]")) {
  b.addEventListener("click", async () => {
    const copy = document.documentElement.cloneNode(true);
    all("script, link, .needs-js", copy).forEach((e) => e.remove());
    const css = await (await fetch("/static/style.css")).text();
    copy.querySelector("head").append(Object.assign(document.createElement("style"), { textContent: css }));
    download(new Blob(["<!doctype html>", copy.outerHTML], { type: "text/html" }), "bonafide.html");
  });
}

for (const b of all("[data-share]")) {
  if (!navigator.share) continue;
  b.hidden = false;
  b.addEventListener("click", () => {
    const text = all(".banner .speak").map((e) => e.textContent.trim()).join("\n");
    navigator.share({ title: document.title, text }).catch(() => {});
  });
}

function download(blob, name) {
  const a = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
  document.body.append(a);
  a.click();
  a.remove();
  setTimeout(() => URL.revokeObjectURL(a.href), 10000);
}

// The form that asked stays in this tab, so that a report mail can carry the
// original: the server gets it once more and forgets it again.
const db = () => new Promise((done, fail) => {
  const r = indexedDB.open("bonafide", 1);
  r.onupgradeneeded = () => r.result.createObjectStore("form");
  r.onsuccess = () => done(r.result);
  r.onerror = () => fail(r.error);
});
async function keep(entries) {
  const d = await db();
  await new Promise((done, fail) => {
    const t = d.transaction("form", "readwrite");
    t.objectStore("form").put(entries, "last");
    t.oncomplete = done;
    t.onerror = fail;
  });
}
async function kept() {
  const d = await db();
  return new Promise((done) => {
    const q = d.transaction("form").objectStore("form").get("last");
    q.onsuccess = () => done(q.result || []);
    q.onerror = () => done([]);
  });
}
async function forget() {
  const d = await db();
  d.transaction("form", "readwrite").objectStore("form").clear();
}
for (const form of all('form[action="/check"]')) {
  form.addEventListener("submit", (e) => {
    if (form.dataset.sent) return;
    e.preventDefault();
    form.dataset.sent = "1";
    const entries = Array.from(new FormData(form).entries());
    keep(entries).catch(() => {}).finally(() => form.submit());
  });
}
const mails = all("[data-eml]");
for (const b of mails) {
  b.hidden = false;
  b.addEventListener("click", async () => {
    const data = new FormData();
    for (const [name, value] of await kept()) data.append(name, value);
    data.append("receiver", b.dataset.eml);
    const res = await fetch("/report", { method: "POST", body: data });
    if (res.ok) download(await res.blob(), "report.eml");
  });
}
if (location.pathname === "/") forget().catch(() => {});

// A file may be dropped anywhere, or pasted as a picture.
const file = document.getElementById("file");
if (file) {
  const root = document.documentElement;
  addEventListener("dragover", (e) => { e.preventDefault(); root.classList.add("dropping"); });
  addEventListener("dragleave", (e) => { if (!e.relatedTarget) root.classList.remove("dropping"); });
  addEventListener("drop", (e) => {
    e.preventDefault();
    root.classList.remove("dropping");
    if (e.dataTransfer.files.length) file.files = e.dataTransfer.files;
    else document.getElementById("text").value = e.dataTransfer.getData("text");
  });
  addEventListener("paste", (e) => { if (e.clipboardData.files.length) file.files = e.clipboardData.files; });
}

// Ctrl+Enter sends, for helpers who keep their hands on the keyboard.
addEventListener("keydown", (e) => {
  if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) {
    const form = e.target.closest && e.target.closest("form");
    if (form) form.requestSubmit();
  }
});

// The sheet: only the last four digits of a card stay, and what is missing is
// listed. Nothing of it leaves the page.
for (const sheet of all(".sheet")) {
  const inputs = all("input", sheet);
  const missing = sheet.querySelector(".missing");
  const list = () => {
    const names = inputs.filter((i) => !i.value.trim()).map((i) => sheet.querySelector(`label[for="${i.id}"]`).textContent);
    missing.textContent = names.length && names.length < inputs.length ? `${sheet.dataset.missing}: ${names.join(", ")}` : "";
  };
  for (const i of inputs) {
    i.addEventListener("input", list);
    if (!("last4" in i.dataset)) continue;
    i.addEventListener("input", () => {
      const digits = i.value.replace(/\D/g, "");
      if (digits.length > 4) {
        i.value = digits.slice(-4);
        document.getElementById("last4").textContent = sheet.dataset.cardWarning;
      }
    });
  }
}

if ("serviceWorker" in navigator && window.isSecureContext) navigator.serviceWorker.register("/sw.js").catch(() => {});
