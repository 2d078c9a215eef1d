"use strict";
// What the pages do without this script, they do quicker with it: a filter changes what is shown without loading the page
// again, and can be stopped; marks say what they stand for; statements can be copied.
const main = () => document.querySelector("main");
const announced = document.querySelector(".status");
let asking = null;

// While a page is on its way, say so, and offer to stop it: the server then ends the question, too.
function waiting(controller) {
    const box = document.createElement("div");
    box.className = "asking";
    const stop = Object.assign(document.createElement("button"), { type: "button", textContent: "Stop" });
    stop.addEventListener("click", () => controller.abort("stopped"));
    box.append("Asking …", stop);
    const shown = setTimeout(() => document.body.append(box), 400);
    return () => { clearTimeout(shown); box.remove(); };
}

// A page is shown from its first part on, and each further part as it comes.
const PART = "<!-- part -->";
const parsed = (text) => new DOMParser().parseFromString(text, "text/html");

async function go(address, { push = true, focus = "" } = {}) {
    asking?.abort("replaced");
    const controller = (asking = new AbortController());
    const done = waiting(controller);
    main().setAttribute("aria-busy", "true");
    main().classList.add("old");
    let shown = -1;
    try {
        const answer = await fetch(address, { signal: controller.signal, headers: { accept: "text/html" } });
        const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
        for (let text = "", read = {}; !read.done;) {
            read = await reader.read();
            text += read.value ?? "";
            const whole = read.done ? text : text.slice(0, Math.max(0, text.lastIndexOf(PART)));
            if (!whole) continue;
            const page = parsed(whole);
            if (!page.querySelector(".frame main")) return location.assign(address);
            if (shown < 0) show(page, answer.url, push, focus);
            else main().append(...[...page.querySelector("main").children].slice(shown));
            shown = main().children.length;
            if (read.done && page.querySelector(".foot")) document.querySelector(".frame").append(page.querySelector(".foot"));
            settle();
        }
    } catch (error) {
        if (controller.signal.reason === "replaced") return;
        if (controller.signal.reason !== "stopped") return location.assign(address);
        announced.textContent = shown < 0 ? "Stopped. The page shows what was asked before." : "Stopped. The rest was not asked.";
    } finally {
        done();
        if (asking === controller) asking = null;
        if (!asking) { main().removeAttribute("aria-busy"); main().classList.remove("old"); }
    }
}

function show(page, address, push, focus) {
    page.querySelector(".frame main").setAttribute("aria-busy", "true");
    page.querySelector(".frame > .foot")?.remove();
    document.querySelector(".frame").replaceWith(page.querySelector(".frame"));
    document.title = announced.textContent = page.title;
    if (push) history.pushState(null, "", address);
    const target = focus && document.querySelector(focus);
    if (target) target.focus({ preventScroll: true });
    else if (push === "top") { scrollTo(0, 0); main().focus({ preventScroll: true }); }
}

function inside(link) {
    const to = new URL(link.href);
    return to.origin === location.origin && to.pathname.startsWith(document.body.dataset.root)
        && !link.hasAttribute("download") && !(to.hash && to.pathname === location.pathname && to.search === location.search);
}

document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (link) {
        if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
        const address = link.getAttribute("href");
        if (!inside({ href: new URL(address, location.href), hasAttribute: (name) => link.hasAttribute(name) })) return;
        event.preventDefault();
        // A filter keeps its place, and the focus; another page begins at its top.
        if (link.dataset.stay) go(address, { focus: `[data-stay="${CSS.escape(link.dataset.stay)}"]` });
        else go(address, { push: "top" });
        return;
    }
    const copy = event.target.closest("button[data-copy]");
    if (copy) copyStatement(copy);
});

async function copyStatement(button) {
    const code = button.closest(".how").querySelector("pre code");
    try {
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = "Copied";
    } catch {
        getSelection().selectAllChildren(code);
        button.textContent = "Selected: press Ctrl+C";
    }
}

document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches(".filters")) return;
    event.preventDefault();
    const fields = [...new FormData(form)].filter(([, value]) => value !== "");
    go(`${form.getAttribute("action")}?${new URLSearchParams(fields)}`, { focus: "main" });
});
document.addEventListener("change", (event) => {
    const field = event.target, form = field.closest(".filters");
    if (!form || !form.checkValidity()) return;
    const fields = [...new FormData(form)].filter(([, value]) => value !== "");
    go(`${form.getAttribute("action")}?${new URLSearchParams(fields)}`, { focus: `.filters [name="${field.name}"]` });
});
addEventListener("popstate", () => go(location.href, { push: false }));

// A mark says what it stands for when it is pointed at, focused, or tapped: a second tap follows it.
const tip = Object.assign(document.createElement("div"), { className: "tip", hidden: true });
tip.setAttribute("aria-hidden", "true");
document.body.append(tip);
let described = null, byTouch = false;
function describe(mark) {
    described?.classList.remove("described");
    described = mark;
    tip.hidden = !mark;
    if (!mark) return;
    mark.classList.add("described");
    tip.textContent = mark.getAttribute("aria-label") + (byTouch ? " Tap again to open." : "");
    const box = mark.getBoundingClientRect(), wide = document.documentElement.clientWidth;
    tip.style.left = "0";
    const left = Math.max(8, Math.min(box.left + box.width / 2 - tip.offsetWidth / 2, wide - tip.offsetWidth - 8));
    tip.style.left = `${left + scrollX}px`;
    tip.style.top = `${Math.max(0, box.top - tip.offsetHeight - 6) + scrollY}px`;
}
const markOf = (event) => event.target.closest?.("[data-mark]") ?? null;
addEventListener("pointerdown", (event) => {
    byTouch = event.pointerType === "touch";
    if (byTouch && !markOf(event)) describe(null);
}, true);
addEventListener("pointerover", (event) => { if (event.pointerType !== "touch") describe(markOf(event)); });
addEventListener("focusin", (event) => { if (!byTouch) describe(markOf(event)); });
addEventListener("click", (event) => {
    const mark = markOf(event);
    if (byTouch && mark && mark !== described) { event.preventDefault(); describe(mark); }
}, true);
addEventListener("keydown", (event) => {
    if (event.key === "Escape") { describe(null); asking?.abort("stopped"); }
    // Of the marks of a chart one is in the order of tabs; arrows lead to the others.
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: "down", ArrowUp: "up", Home: "first", End: "last" }[event.key];
    const mark = markOf(event), group = mark?.closest("[data-marks]");
    if (!step || !group) return;
    const marks = [...group.querySelectorAll("[data-mark]")], wide = Number(group.dataset.marks) || 1, at = marks.indexOf(mark);
    const next = step === "first" ? 0 : step === "last" ? marks.length - 1
        : at + (step === "down" ? wide : step === "up" ? -wide : step);
    if (!marks[next]) return;
    event.preventDefault();
    mark.tabIndex = -1;
    marks[next].tabIndex = 0;
    marks[next].focus();
});

function settle() {
    describe(null);
    for (const group of document.querySelectorAll("[data-marks]:not([data-settled])")) {
        group.dataset.settled = "";
        group.querySelectorAll("[data-mark]").forEach((mark, n) => { mark.tabIndex = n ? -1 : 0; });
    }
    for (const button of document.querySelectorAll("button[data-copy]")) button.hidden = false;
    // Each field asks by itself.
    for (const button of document.querySelectorAll(".filters button")) button.hidden = true;
}
settle();
