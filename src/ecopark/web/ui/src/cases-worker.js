// Keeps the page for reporting a case at hand: with reception the site answers, without it the copy of last time.
const NAME = "ecopark-cases-2";
const built = (url) => url.pathname.includes("/built/");

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) =>
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((one) => one.startsWith("ecopark-cases-") && one !== NAME).map((one) => caches.delete(one))))
      .then(() => self.clients.claim()),
  ),
);

// Only whole answers are kept; one that ended at the sign-in page is not this page.
async function store(request, answer) {
  if (!answer.ok || answer.redirected || answer.type !== "basic") return;
  await (await caches.open(NAME)).put(request, answer);
}

// The page says what it was made of when it was opened first, before this worker stood between.
self.addEventListener("message", (event) => {
  const known = event.data.filter((one) => new URL(one).origin === self.location.origin);
  event.waitUntil(
    Promise.all(known.map((one) => fetch(one, { credentials: "same-origin" }).then((answer) => store(one, answer)).catch(() => {}))),
  );
});

async function copy(request) {
  return (await caches.open(NAME)).match(request, { ignoreVary: true });
}

async function answer(request) {
  if (built(new URL(request.url))) {
    const there = await copy(request);
    if (there) return there;
  }
  try {
    const fetched = await fetch(request);
    await store(request, fetched.clone());
    return fetched;
  } catch (problem) {
    const there = await copy(request);
    if (there) return there;
    throw problem;
  }
}

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method === "GET" && url.origin === self.location.origin) event.respondWith(answer(event.request));
});
