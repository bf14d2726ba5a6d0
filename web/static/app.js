// What JavaScript adds: copy, read aloud, print, save, share, drop a file, a
// report mail with the original, and the sheet that keeps four card digits.
// Every page works without it.
"use strict";
document.documentElement.classList.add("js");
const body = document.body.dataset;
const all = (sel, root = document) => Array.from(root.querySelectorAll(sel));
const say = (text) => { document.getElementById("said").textContent = text; };

for (const b of all("[data-copy-from]")) {
  const name = b.textContent;
  b.addEventListener("click", async () => {
    const el = document.getElementById(b.dataset.copyFrom);
    const text = "value" in el ? el.value : el.textContent;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // An old browser, or a page without TLS: select the text and copy that.
      const area = "select" in el ? el : Object.assign(document.createElement("textarea"), { value: text });
      if (area !== el) document.body.append(area);
      area.select();
      document.execCommand("copy");
      if (area !== el) area.remove();
    }
    b.textContent = body.copied;
    say(body.copied);
    setTimeout(() => { b.textContent = name; }, 2000);
  });
}

// Read aloud: one sentence after the other, because some voices stop in long
// texts. What is folded away is not read.
for (const b of all("[data-speak]")) {
  if (!("speechSynthesis" in window)) { b.hidden = true; continue; }
  const stopped = () => { b.textContent = body.read; };
  b.addEventListener("click", () => {
    if (speechSynthesis.speaking || speechSynthesis.pending) {
      speechSynthesis.cancel();
      stopped();
      return;
    }
    const parts = all(".speak").filter((e) => e.checkVisibility ? e.checkVisibility() : true).map((e) => e.textContent.trim());
    parts.forEach((text, i) => {
      const u = new SpeechSynthesisUtterance(text);
      u.lang = document.documentElement.lang;
      u.rate = 0.9;
      if (i === parts.length - 1) u.onend = stopped;
      u.onerror = stopped;
      speechSynthesis.speak(u);
    });
    b.textContent = body.stop;
  });
}
if ("speechSynthesis" in window) addEventListener("pagehide", () => speechSynthesis.cancel());

// A link to something folded away unfolds it.
const unfold = () => {
  const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let e = target; e; e = e.parentElement) if (e.tagName === "DETAILS") e.open = true;
  if (target) target.scrollIntoView();
};
addEventListener("hashchange", unfold);

// On paper, everything is unfolded.
let folded = [];
addEventListener("beforeprint", () => {
  folded = all("details:not([open])");
  folded.forEach((d) => { d.open = true; });
});
addEventListener("afterprint", () => folded.forEach((d) => { d.open = false; }));
for (const b of all("[data-print]")) b.addEventListener("click", () => window.print());

// The page is saved from the browser; the server has kept nothing of it. What
// was ticked and filled in is saved with it.
for (const b of all("[data-save]")) {
  b.addEventListener("click", async () => {
    all("input[type=checkbox]").forEach((i) => i.toggleAttribute("checked", i.checked));
    all(".sheet input").forEach((i) => i.setAttribute("value", i.value));
    const copy = document.documentElement.cloneNode(true);
    all("script, link, .needs-js, .langs, .foot, .no-print", copy).forEach((e) => e.remove());
    all("a[href^='/']", copy).forEach((a) => a.setAttribute("href", location.origin + a.getAttribute("href")));
    const css = await (await fetch(document.querySelector("link[rel=stylesheet]").href)).text();
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

// The form that asked stays in this browser for as long as its answer is
// looked at, so that a report mail can carry the original and the answer can
// be had in another language: the server gets it once more and forgets it
// again. Each tab has its own; the first page and a day's time clear it.
const tab = () => {
  if (!sessionStorage.getItem("tab")) sessionStorage.setItem("tab", `${Date.now()}-${Math.random()}`);
  return sessionStorage.getItem("tab");
};
const DAY = 24 * 3600 * 1000;
function store(work) {
  return new Promise((done, fail) => {
    const r = indexedDB.open("bonafide", 1);
    r.onupgradeneeded = () => r.result.createObjectStore("form");
    r.onerror = () => fail(r.error);
    r.onsuccess = () => {
      const t = r.result.transaction("form", "readwrite");
      const q = work(t.objectStore("form"));
      t.oncomplete = () => { r.result.close(); done(q && q.result); };
      t.onerror = () => fail(t.error);
    };
  });
}
const keep = (entries) => store((s) => s.put({ at: Date.now(), entries }, tab()));
const kept = () => store((s) => s.get(tab())).then((v) => (v ? v.entries : []));
const forget = () => store((s) => {
  s.delete(tab());
  s.openCursor().onsuccess = (e) => {
    const c = e.target.result;
    if (!c) return;
    if (Date.now() - c.value.at > DAY) c.delete();
    c.continue();
  };
});

for (const form of all('form[action="/check"]')) {
  const button = form.querySelector("[type=submit]");
  const name = button.textContent;
  let sent = false;
  form.addEventListener("submit", (e) => {
    if (sent) return;
    e.preventDefault();
    sent = true;
    button.textContent = body.busy;
    say(body.busy);
    const entries = Array.from(new FormData(form).entries());
    keep(entries).catch(() => {}).finally(() => form.submit());
  });
  addEventListener("pageshow", () => { sent = false; button.textContent = name; });
}

for (const b of all("[data-eml]")) {
  kept().then((entries) => { b.hidden = !entries.length; }).catch(() => {});
  b.addEventListener("click", async () => {
    const data = new FormData();
    for (const [name, value] of await kept()) data.append(name, value);
    data.append("receiver", b.dataset.eml);
    const res = await fetch("/report", { method: "POST", body: data });
    if (res.ok) download(await res.blob(), "report.eml");
  });
}

// An answer has no address of its own: in another language it is asked again.
if (location.pathname === "/check") {
  for (const a of all("[data-lang]")) {
    a.addEventListener("click", async (e) => {
      e.preventDefault();
      const entries = await kept().catch(() => []);
      if (!entries.length) { location.href = a.href; return; }
      const form = Object.assign(document.createElement("form"), { method: "post", enctype: "multipart/form-data", action: `/check?lang=${a.dataset.lang}`, hidden: true });
      for (const [name, value] of entries) {
        const i = Object.assign(document.createElement("input"), { name, type: value instanceof File ? "file" : "hidden" });
        if (value instanceof File) {
          const d = new DataTransfer();
          if (value.size) d.items.add(value);
          i.files = d.files;
        } else i.value = value;
        form.append(i);
      }
      document.body.append(form);
      form.submit();
    });
  }
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
// listed. Nothing of it leaves the page. Without JavaScript the field takes
// four characters; with it, a whole number may be pasted and is cut.
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
    i.removeAttribute("maxlength");
    i.addEventListener("input", () => {
      const digits = i.value.replace(/\D/g, "");
      if (digits.length > 4) document.getElementById("last4").textContent = sheet.dataset.cardWarning;
      if (digits !== i.value || digits.length > 4) i.value = digits.slice(-4);
    });
  }
}
unfold();

if ("serviceWorker" in navigator && window.isSecureContext) navigator.serviceWorker.register("/sw.js").catch(() => {});
