"use strict";

const $ = (id) => document.getElementById(id);
const state = { user: "", known: new Map(), answers: [], key: "", context: {}, comparing: false, policy: "",
  explaining: new URLSearchParams(location.search).has("explain") };

// --- The server ---------------------------------------------------------------------------------

// Resolves once a key is given; callers that wait share one dialog.
function askForKey() {
  askForKey.pending ??= new Promise((resolve) => {
    $("key").addEventListener("close", () => {
      state.key = $("api-key").value;
      askForKey.pending = undefined;
      resolve();
    }, { once: true });
    $("key").showModal();
  });
  return askForKey.pending;
}

async function call(method, path, body) {
  const started = performance.now();
  let response;
  try {
    response = await fetch(`.${path}`, {  // the page may stand below a name
      method,
      headers: {
        ...(body && { "Content-Type": "application/json" }),
        ...(state.key && { Authorization: `Bearer ${state.key}` }),
      },
      body: body && JSON.stringify(body),
    });
  } catch {
    throw new Error("The server does not answer.");
  }
  if (response.status === 401) {
    await askForKey();
    return call(method, path, body);
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw Object.assign(new Error(answer.error || `Error ${response.status}`), { status: response.status });
  return { answer, milliseconds: performance.now() - started };
}

function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const post = (title, event, value) =>
  call("POST", "/v1/events", {
    event_id: randomId(), user_id: state.user, title_id: title.title_id, event,
    ...(state.requestId ? { request_id: state.requestId } : {}),
    ...(value === undefined ? {} : { value }),
  });

// --- Posters ------------------------------------------------------------------------------------

function hash(text) {
  let value = 2166136261;
  for (const char of text) value = Math.imul(value ^ char.codePointAt(0), 16777619) >>> 0;
  return value;
}

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

// "Heat" for "Heat (1995)" if the year is shown beside the name.
function shortName(title) {
  return title.year ? title.name.replace(` (${title.year})`, "") : title.name;
}

// A poster drawn from the name and the first genre; the same title always looks the same.
function poster(title) {
  state.known.set(title.title_id, { ...state.known.get(title.title_id), ...title });
  const genres = title.genres || [];
  const reason = (title.reasons || [])[0] || "";
  const button = element("button", { className: "poster", type: "button" },
    element("strong", { textContent: shortName(title) }),
    element("small", { textContent: [title.year, genres.slice(0, 2).join(", ")].filter(Boolean).join(" · ") }),
  );
  if (reason) button.title = reason;
  button.setAttribute("aria-label", [title.name, title.year, genres.join(", "), reason].filter(Boolean).join(", "));
  const own = hash(title.name);
  button.style.setProperty("--hue", hash(genres[0] || title.name) % 360);
  button.style.setProperty("--hue2", own % 360);
  button.style.setProperty("--x", `${own % 100}%`);
  button.style.setProperty("--y", `${(own >> 8) % 60}%`);
  button.addEventListener("click", () => openTitle(title));
  return button;
}

// Which policy put the row here, and with what probability (/?explain).
function why(each) {
  if (each.propensity === undefined) return [];
  const chance = `${state.policy}: this row is here with probability ${percent(each.propensity)}`;
  const drawn = (each.propensities || []).filter((value) => value < 1).length;
  return [element("p", { className: "why", textContent: drawn ? `${chance}; ${drawn} titles were drawn` : chance })];
}

function percent(share) {
  return `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
}

function row(each) {
  const chance = (i) => (each.propensities ? each.propensities[i] : each.propensity);
  const items = each.items.map((item, i) => ({ ...item, chance: chance(i) }));
  const strip = element("div", { className: "strip" }, ...items.map(poster));
  strip.setAttribute("role", "group");
  if (each.kind === "continue") {
    each.items.forEach((item, i) => {
      const bar = element("span", { className: "done" });
      bar.style.width = `${Math.round(100 * item.score)}%`;
      strip.children[i].append(bar);
    });
  }
  const heading = element("h2", { textContent: each.title });
  heading.id = `row-${hash(each.kind + each.title)}`;
  strip.setAttribute("aria-labelledby", heading.id);
  const section = element("section", { className: "row" }, heading, ...why(each), strip);
  section.dataset.kind = each.kind;
  return section;
}

// Left and right move along a row, up and down from row to row.
document.addEventListener("keydown", (event) => {
  const here = document.activeElement;
  if (!here?.classList.contains("poster")) return;
  const strip = here.parentElement;
  const place = [...strip.children].indexOf(here);
  const strips = [...document.querySelectorAll(here.closest("dialog") ? "dialog .strip" : "main .strip")];
  const at = strips.indexOf(strip);
  const target = {
    ArrowRight: () => strip.children[place + 1],
    ArrowLeft: () => strip.children[place - 1],
    ArrowDown: () => strips[at + 1]?.children[Math.min(place, strips[at + 1].children.length - 1)],
    ArrowUp: () => strips[at - 1]?.children[Math.min(place, strips[at - 1].children.length - 1)],
  }[event.key]?.();
  if (!target) return;
  event.preventDefault();
  target.focus();
  target.scrollIntoView({ block: "nearest", inline: "nearest" });
});

// --- The page -----------------------------------------------------------------------------------

function fail(error) {
  $("error").hidden = !error;
  $("error").textContent = error ? error.message : "";
}

async function showPage() {
  try {
    const request = { ...(state.withoutProfile ? { profile: "none" } : { user_id: state.user }), ...(state.diversity === undefined ? {} : { diversity: state.diversity }), context: state.context };
    const models = state.comparing ? ["current", "compared"] : ["current"];
    const pages = await Promise.all(models.map((model) => call("POST", `/v1/page?model=${model}${state.explaining ? "&explain" : ""}`, request)));
    state.policy = pages[0].answer.policy || "";
    state.requestId = state.comparing ? "" : pages[0].answer.request_id;
    fail(null);
    $("rows").classList.toggle("compared", state.comparing);
    $("rows").replaceChildren(...(state.comparing ? sideBySide(pages) : pages[0].answer.rows.map(row)));
    $("model").textContent = pages.map((page) => page.answer.model).join(" and ");
    $("latency").textContent = `page in ${pages.map((page) => page.milliseconds.toFixed(0)).join(" and ")} ms`;
    $("state").textContent = pages[0].answer.degraded ? "The server is busy: these are the most popular titles."
      : pages[0].answer.rows.length ? "" : "There is nothing left to show this member.";
  } catch (error) {
    fail(error);
  }
}

// A column a model; what only one of them shows is marked.
function sideBySide(pages) {
  const titles = pages.map((page) => new Set(page.answer.rows.flatMap((each) => each.items.map((item) => item.title_id))));
  return pages.map(({ answer, milliseconds }, i) => {
    const own = [...titles[i]].filter((title) => !titles[1 - i].has(title)).length;
    const column = element("section", { className: "model" },
      element("h2", { textContent: answer.model }),
      element("p", { textContent: `${titles[i].size} titles, ${own} of them only here (outlined) · ${milliseconds.toFixed(0)} ms` }),
      ...answer.rows.map((each) => {
        const made = row(each);
        each.items.forEach((item, at) => made.querySelectorAll(".poster")[at].classList.toggle("only", !titles[1 - i].has(item.title_id)));
        return made;
      }));
    column.setAttribute("aria-label", answer.model);
    return column;
  });
}

// Titles for nobody in particular: nothing that is stored about the member is read. The server keeps
// the choice.
$("without").addEventListener("change", async () => {
  state.withoutProfile = $("without").checked;
  try {
    await call("PUT", `/v1/users/${encodeURIComponent(state.user)}/profile`, { profile: state.withoutProfile ? "none" : "full" });
  } catch (error) {
    fail(error);
  }
  showPage();
});

// How varied rows are; until it is moved, as the server is configured.
$("variety").addEventListener("input", () => {
  state.diversity = $("variety").valueAsNumber;
  $("variety-value").textContent = state.diversity === 0 ? "none" : percent(state.diversity);
});
$("variety").addEventListener("change", showPage);

// Where requests come from, as far as the model knows such contexts.
function offerContexts(contexts) {
  $("contexts").replaceChildren(...Object.entries(contexts).flatMap(([name, values]) => {
    const choice = element("select", { id: `context-${name}` },
      element("option", { value: "", textContent: "not said" }),
      ...values.sort((a, b) => a.localeCompare(b, "en", { numeric: true })).map((value) => element("option", { value, textContent: value })));
    choice.addEventListener("change", () => {
      if (choice.value) state.context[name] = choice.value;
      else delete state.context[name];
      showPage();
    });
    return [element("label", { htmlFor: choice.id, textContent: `${name} ` }), choice, " · "];
  }));
}

$("compare").addEventListener("click", () => {
  state.comparing = !state.comparing;
  $("compare").setAttribute("aria-pressed", String(state.comparing));
  $("compare").textContent = state.comparing ? "One model" : "Compare models";
  showPage();
});

// Fetches what is stored; with `known`, that is the history, and nothing else is stored.
async function showUser(user, known) {
  state.user = user;
  $("member").value = user;
  history.replaceState(null, "", `#${encodeURIComponent(user)}`);
  state.withoutProfile = false;
  try {
    if (!known) {
      const stored = (await call("GET", `/v1/users/${encodeURIComponent(user)}`)).answer;
      known = stored.history;
      state.withoutProfile = stored.profile === "none";
    }
  } catch (error) {
    if (error.status !== 404) fail(error);
  }
  $("without").checked = state.withoutProfile;
  await showWelcome(known || []);
  await showPage();
}

// --- Onboarding ---------------------------------------------------------------------------------

const kQuestions = 6;  // at once
const kEnoughLikes = 3;

// Asks a user with a short history what they like.
async function showWelcome(known) {
  $("welcome").hidden = known.length >= kEnoughLikes;
  // Titles of the history are not to be asked about.
  state.answers = [...new Set(known.map((each) => each.title_id))].map((title_id) => ({ title_id, answer: "unknown" }));
  state.answered = 0;
  $("answered").textContent = "";
  $("choices").replaceChildren();
  if ($("welcome").hidden) return;
  try {
    $("choices").replaceChildren(...(await nextQuestions()).map(question));
  } catch (error) {
    fail(error);
  }
}

const nextQuestions = async () =>
  (await call("POST", "/v1/onboarding/next", { answers: state.answers, k: 2 * kQuestions, context: state.context })).answer.questions
    .filter((title) => ![...$("choices").children].some((shown) => shown.dataset.title === title.title_id))
    .slice(0, kQuestions);

function question(title) {
  const answers = { like: "Like", dislike: "Not for me", unknown: "Don't know" };
  const card = element("div", { className: "choice" },
    element("strong", { textContent: shortName(title) }),
    element("small", { textContent: [title.year, title.genres.slice(0, 2).join(", ")].filter(Boolean).join(" · ") }),
    element("span", {}, ...Object.entries(answers).map(([answer, text]) => {
      const button = element("button", { type: "button", textContent: text });
      button.dataset.answer = answer;
      button.setAttribute("aria-label", `${text}: ${title.name}`);
      button.addEventListener("click", () => answerQuestion(card, title, answer));
      return button;
    })));
  card.setAttribute("role", "group");
  card.setAttribute("aria-label", title.name);
  card.dataset.title = title.title_id;
  return card;
}

// The next question takes the place of the one that was answered, and the focus. An answer that
// could not be kept can be given again.
async function answerQuestion(card, title, answer) {
  if (state.answers.some((each) => each.title_id === title.title_id)) return;
  const user = state.user;
  const given = { title_id: title.title_id, answer };
  state.answers.push(given);
  if (answer !== "unknown" && !(await act(title, answer))) {
    state.answers = state.answers.filter((each) => each !== given);
    return;
  }
  if (user !== state.user) return;
  $("answered").textContent = `${++state.answered} answered.`;
  try {
    const [next] = await nextQuestions();
    const focused = card.contains(document.activeElement);
    if (next) card.replaceWith(question(next));
    else card.remove();
    if (focused && next) document.querySelector(`.choice[data-title="${CSS.escape(next.title_id)}"] button`).focus();
  } catch (error) {
    fail(error);
  }
}

// Whether it worked.
async function act(title, event, value) {
  const said = { complete: "Played", play: "Half played", like: "Liked", dislike: "Not liked:", hide: "Hidden:" }[event];
  try {
    await post(title, event, value);
    await showPage();
    $("state").textContent = `${said} ${title.name}`;
    return true;
  } catch (error) {
    fail(error);
    return false;
  }
}

async function openTitle(given) {
  const title = { ...state.known.get(given.title_id), ...given };
  $("detail-name").textContent = shortName(title);
  $("detail-kind").textContent = [title.year, (title.genres || []).join(", ")].filter(Boolean).join(" · ");
  $("detail-reasons").replaceChildren(...(title.reasons || []).map((reason) => element("li", { textContent: reason })));
  if (title.chance !== undefined) {
    $("detail-reasons").append(element("li", { textContent: `${state.policy}: in this place with probability ${percent(title.chance)}` }));
  }
  $("detail").dataset.title = title.title_id;
  $("detail-similar").replaceChildren();
  if (!$("detail").open) $("detail").showModal();
  try {
    const { answer } = await call("GET", `/v1/titles/${encodeURIComponent(title.title_id)}/similar?k=12`);
    $("detail-similar").replaceChildren(...answer.items.map((item) => poster({ ...item, ...state.known.get(item.title_id), reasons: [`like ${title.name}`], chance: undefined })));
  } catch (error) {
    fail(error);
  }
}

$("detail").querySelectorAll("[data-event]").forEach((button) => {
  button.addEventListener("click", async () => {
    const title = state.known.get($("detail").dataset.title);
    $("detail").close();
    await act(title, button.dataset.event, button.dataset.event === "play" ? 0.5 : undefined);
  });
});

$("show-why").addEventListener("click", async () => {
  try {
    const { answer } = await call("GET", "/v1/model/parameters");
    for (const [id, texts] of [["parameters", answer.parameters], ["unused", answer.not_used], ["choices", answer.choices]]) {
      $(`why-${id}`).replaceChildren(...texts.map((textContent) => element("li", { textContent })));
    }
    $("why").showModal();
  } catch (error) {
    fail(error);
  }
});

$("show-history").addEventListener("click", async () => {
  let events = [];
  try {
    events = (await call("GET", `/v1/users/${encodeURIComponent(state.user)}`)).answer.history;
  } catch (error) {
    if (error.status !== 404) return fail(error);
  }
  $("history-events").replaceChildren(...events.reverse().map((each) => element("li", {
    textContent: `${each.event}${each.value === undefined ? "" : ` ${each.value}`}: ${state.known.get(each.title_id)?.name || each.title_id}`,
  })));
  $("forget").disabled = !events.length;
  $("history").showModal();
});

$("forget").addEventListener("click", async () => {
  try {
    await call("DELETE", `/v1/users/${encodeURIComponent(state.user)}`);
    $("history").close();
    await showUser(state.user, []);
    $("state").textContent = "Forgotten. Nothing is stored of this member any more.";
  } catch (error) {
    fail(error);
  }
});

// --- Search -------------------------------------------------------------------------------------

const finder = { titles: [], at: -1, timer: 0 };

function closeFinder() {
  $("found").hidden = true;
  $("query").setAttribute("aria-expanded", "false");
  $("query").removeAttribute("aria-activedescendant");
  finder.at = -1;
}

function select(at) {
  finder.at = at;
  [...$("found").children].forEach((item, i) => item.setAttribute("aria-selected", String(i === at)));
  $("query").setAttribute("aria-activedescendant", `found-${at}`);
  $("found").children[at]?.scrollIntoView({ block: "nearest" });
}

async function find() {
  const query = $("query").value.trim();
  if (!query) return closeFinder();
  try {
    finder.titles = (await call("GET", `/v1/titles?k=12&query=${encodeURIComponent(query)}`)).answer.titles;
  } catch (error) {
    return fail(error);
  }
  $("found").replaceChildren(...finder.titles.map((title, i) => {
    const item = element("li", { id: `found-${i}` }, title.name, " ",
      element("small", { textContent: [title.year, title.genres.slice(0, 2).join(", ")].filter(Boolean).join(" · ") }));
    item.setAttribute("role", "option");
    item.addEventListener("mousedown", (event) => { event.preventDefault(); choose(i); });
    return item;
  }));
  if (!finder.titles.length) $("found").append(element("li", { textContent: "No title has this name." }));
  $("found").hidden = false;
  $("query").setAttribute("aria-expanded", "true");
}

function choose(at) {
  const title = finder.titles[at];
  if (!title) return;
  closeFinder();
  $("query").value = "";
  state.known.set(title.title_id, { ...state.known.get(title.title_id), ...title });
  openTitle(title);
}

$("query").addEventListener("input", () => {
  clearTimeout(finder.timer);
  finder.timer = setTimeout(find, 120);
});
$("query").addEventListener("blur", closeFinder);
$("query").addEventListener("keydown", (event) => {
  const count = finder.titles.length;
  if (event.key === "Escape") closeFinder();
  if (event.key === "Enter") {
    event.preventDefault();  // else it would press the dialog's first button
    choose(Math.max(finder.at, 0));
  }
  if (!count || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
  event.preventDefault();
  select((finder.at + (event.key === "ArrowDown" ? 1 : count - 1 + (finder.at < 0))) % count);
});

// --- Start --------------------------------------------------------------------------------------

$("member-form").addEventListener("submit", (event) => {
  event.preventDefault();
  showUser($("member").value.trim());
});
const showGuest = () => showUser(`guest-${randomId().slice(0, 6)}`, []);
$("new-member").addEventListener("click", showGuest);

call("GET", "/v1/model").then(({ answer }) => {
  $("compare").hidden = !answer.compared;
  offerContexts(answer.contexts || {});
}).catch(fail);
const linked = decodeURIComponent(location.hash.slice(1));
linked ? showUser(linked) : showGuest();
