// Lets the page be installed, and shows "hang up" even without a network. It
// keeps the static files and that one page, never an answer.
"use strict";
const CACHE = "bonafide-2";
const KEPT = ["/now", "/static/style.css", "/static/app.js", "/static/icon.svg"];
self.addEventListener("install", (e) => e.waitUntil(caches.open(CACHE).then((c) => c.addAll(KEPT)).then(() => self.skipWaiting())));
self.addEventListener("activate", (e) => e.waitUntil(
  caches.keys().then((names) => Promise.all(names.filter((n) => n !== CACHE).map((n) => caches.delete(n)))).then(() => self.clients.claim())));
self.addEventListener("fetch", (e) => {
  const url = new URL(e.request.url);
  if (e.request.method !== "GET" || url.origin !== location.origin) return;
  const page = e.request.mode === "navigate";
  if (!page && !KEPT.includes(url.pathname)) return;
  e.respondWith(fetch(e.request).then((res) => {
    if (res.ok && KEPT.includes(url.pathname)) {
      const copy = res.clone();
      e.waitUntil(caches.open(CACHE).then((c) => c.put(url.pathname, copy)));
    }
    return res;
  }).catch(() => caches.match(page ? "/now" : url.pathname)));
});
