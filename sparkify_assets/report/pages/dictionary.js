"use strict";
// The filter keeps tables whose name or meaning matches, with all columns; of other tables, the columns that match.
const filter = document.querySelector(".filter");
const [box, summary] = [filter.querySelector("input"), filter.querySelector("output")];
const entries = [...document.querySelectorAll("[data-table]")].map((card) => ({
    card,
    about: card.dataset.table.toLowerCase(),
    link: document.querySelector(`nav a[href="#${card.id}"]`).parentElement,
    rows: [...card.querySelectorAll("[data-columns] tbody tr")].map((row) => [row, row.textContent.toLowerCase()]),
}));
const all = entries.reduce((sum, { rows }) => sum + rows.length, 0);
function sift() {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    const matches = (text) => words.every((word) => text.includes(word));
    let [tables, columns] = [0, 0];
    for (const { card, about, link, rows } of entries) {
        const whole = matches(about);
        const shown = rows.filter(([row, text]) => !(row.hidden = !(whole || matches(text))));
        card.hidden = link.hidden = !whole && !shown.length;
        tables += !card.hidden;
        columns += shown.length;
    }
    for (const part of document.querySelectorAll("main section, nav [data-part]"))
        part.hidden = !part.querySelector("article:not([hidden]), li:not([hidden])");
    summary.value = words.length ? `${columns} of ${all} columns, in ${tables} of ${entries.length} tables` : "";
}
filter.hidden = false;
box.addEventListener("input", sift);
filter.addEventListener("submit", (event) => event.preventDefault());
// A link to something hidden resets the filter.
addEventListener("hashchange", () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target?.closest("[hidden]")) { box.value = ""; sift(); target.scrollIntoView(); }
});

// The graphs highlight a column's path, back to the lake and on to the table.
for (const graph of document.querySelectorAll(".graph svg")) {
    const [nodes, edges] = [[...graph.querySelectorAll("a")], [...graph.querySelectorAll(".edge")]];
    const follow = (start, from, to) => {
        const [met, lit] = [new Set([start]), []];
        for (const node of met)
            for (const edge of edges.filter((edge) => edge.dataset[from] === node)) {
                met.add(edge.dataset[to]);
                lit.push(edge);
            }
        return [...met, ...lit];
    };
    const light = (node) => {
        const start = node?.dataset.node;
        const lit = new Set(start ? [...follow(start, "from", "to"), ...follow(start, "to", "from")] : []);
        graph.classList.toggle("lit", lit.size > 0);
        for (const edge of edges) edge.classList.toggle("on", lit.has(edge));
        for (const other of nodes) other.classList.toggle("on", lit.has(other.dataset.node));
    };
    for (const node of nodes) {
        for (const event of ["pointerenter", "focus"]) node.addEventListener(event, () => light(node));
        for (const event of ["pointerleave", "blur"]) node.addEventListener(event, () => light(null));
    }
}
