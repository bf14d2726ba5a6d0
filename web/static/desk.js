// What JavaScript adds to the analysts' pages: new decisions are announced, a
// replay at work is looked at again, and the editor goes to a line. Every page
// works without it.
"use strict";
{
  // New decisions: a link that shows them. Nothing moves on the page by itself.
  // Who has not touched the page for a while is not kept logged in by it.
  const idle = 10 * 60 * 1000;
  for (const box of document.querySelectorAll("[data-news]")) {
    let count = 0, touched = Date.now();
    for (const what of ["pointerdown", "keydown", "wheel"]) addEventListener(what, () => { touched = Date.now(); }, { passive: true });
    const link = (text) => {
      const a = Object.assign(document.createElement("a"), { className: "button quiet", href: location.href, textContent: text });
      box.replaceChildren(a);
    };
    const stream = new EventSource(box.dataset.news);
    stream.addEventListener("news", (e) => {
      count += Number(e.data);
      link(box.dataset.text.replace("{count}", count));
    });
    stream.addEventListener("error", () => {
      if (Date.now() - touched < idle) return;
      stream.close();
      if (!count) link(box.dataset.paused);
    });
    addEventListener("pagehide", () => stream.close());
  }

  // A replay at work: its progress is fetched until it ended.
  const watch = async () => {
    const box = document.querySelector("[data-watch]");
    if (!box) return;
    try {
      const answer = await fetch(location.href, { credentials: "same-origin" });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-watch]");
      if (!fresh) {
        location.reload();
        return;
      }
      box.innerHTML = fresh.innerHTML; // our own page, from our own server
    } catch { /* the server is away for a moment */ }
    setTimeout(watch, 3000);
  };
  if (document.querySelector("[data-watch]")) setTimeout(watch, 2000);

  // The editor: to the line that is named.
  for (const b of document.querySelectorAll("[data-line]")) {
    b.addEventListener("click", () => {
      const area = document.getElementById("text"), lines = area.value.split("\n"), n = Number(b.dataset.line);
      const start = lines.slice(0, n - 1).join("\n").length + (n > 1 ? 1 : 0);
      for (let e = area; e; e = e.parentElement) if (e.tagName === "DETAILS") e.open = true;
      area.focus();
      area.setSelectionRange(start, start + (lines[n - 1] || "").length);
      area.scrollTop = area.scrollHeight * (n - 3) / lines.length;
      area.scrollIntoView({ block: "center" });
    });
  }
}
