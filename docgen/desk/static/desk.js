// What the pages do besides: say that they are open, check while one types, follow a build, take files that are dropped.
"use strict";
const token = document.body.dataset.jeton;
const page = Math.random().toString(36).slice(2);

function send(address, fields) {
  const data = fields instanceof FormData ? fields : new URLSearchParams({ jeton: token, ...fields });
  return fetch(address, { method: "POST", body: data });
}

// The desk closes when its last page does.
const here = () => send("/presence", { page }).catch(() => {});
here();
setInterval(here, 20000);
addEventListener("pagehide", () => navigator.sendBeacon("/presence", new URLSearchParams({ jeton: token, page, adieu: "oui" })));
addEventListener("pageshow", (event) => { if (event.persisted) here(); });

// What could not be done is read out first.
const alarm = document.querySelector("main [role=alert]");
if (alarm) {
  alarm.tabIndex = -1;
  alarm.focus();
}

function paragraph(said) {
  const shown = document.createElement("p");
  shown.className = said.grave ? "error" : "warning";
  shown.textContent = `${said.dit}. ${said.mend}`.trim();
  return shown;
}

// A record that is being typed: its messages and its price.
for (const form of document.querySelectorAll("form[data-verifier]")) {
  let waiting, asked = 0;
  const changed = new Set();
  const check = async () => {
    const mine = ++asked;
    let said;
    try { said = await (await send(form.dataset.verifier, new FormData(form))).json(); } catch { return; }
    if (mine !== asked) return;
    for (const box of form.querySelectorAll("[data-pour]")) {
      const found = said.messages[box.dataset.pour] || [];
      box.replaceChildren(...found.map(paragraph));
      const grave = found.some((one) => one.grave);
      const field = box.parentElement;
      if (!field.classList.contains("field")) continue;
      field.classList.toggle("wrong", grave);
      const input = field.querySelector("input, select, textarea");
      if (input) grave ? input.setAttribute("aria-invalid", "true") : input.removeAttribute("aria-invalid");
    }
    const price = document.getElementById("prix");
    if (price && said.prix !== undefined && price.textContent !== (said.prix || "–")) price.textContent = said.prix || "–";
    const sums = document.getElementById("sommes");
    if (sums && said.sommes) {
      sums.replaceChildren(...said.sommes.map((one) => Object.assign(document.createElement("li"), { textContent: one })));
      document.getElementById("apart").replaceChildren(...said.apart.map(paragraph));
    }
  };
  form.addEventListener("input", (event) => {
    changed.add(event.target.name);
    clearTimeout(waiting);
    waiting = setTimeout(check, 400);
  });
  let saving = false;
  form.addEventListener("submit", () => { saving = true; });
  addEventListener("beforeunload", (event) => { if (changed.size && !saving) event.preventDefault(); });
}

// A build under way.
const build = document.getElementById("suivi");
if (build && build.dataset.suivi) {
  const bar = document.getElementById("suivi-barre"), said = document.getElementById("suivi-dit");
  const lines = document.getElementById("suivi-lignes");
  const source = new EventSource(`/packs/suivi?depuis=${lines.children.length}`);
  source.onmessage = (event) => {
    const news = JSON.parse(event.data);
    if (news.etat) {
      source.close();
      location.replace("/packs");
      return;
    }
    bar.max = news.total || 1;
    bar.value = news.n;
    said.textContent = `${news.n} sur ${news.total}`;
    const line = document.createElement("li"), link = document.createElement("a"), why = document.createElement("span");
    link.href = `/membres/${encodeURIComponent(news.membre)}`;
    link.textContent = news.nom;
    why.className = "note";
    why.textContent = news.pourquoi;
    line.append(link, ` ${news.devient} `, why);
    lines.prepend(line);
  };
}

// A file that is dropped anywhere on its form; words to copy.
for (const form of document.querySelectorAll("form.drop")) {
  const input = form.querySelector("input[type=file]");
  form.addEventListener("dragover", (event) => { event.preventDefault(); form.classList.add("over"); });
  form.addEventListener("dragleave", () => form.classList.remove("over"));
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("over");
    if (event.dataTransfer.files.length) input.files = event.dataTransfer.files;
  });
}
for (const button of document.querySelectorAll("[data-copier]")) {
  button.title = "Copier";
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copier);
    button.title = "Copié";
  });
}
