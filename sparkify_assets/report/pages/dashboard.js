// Draws the charts in the width that there is, in the colours of the scheme, and again when either changes.
const { charts, configs } = JSON.parse(document.getElementById("charts").textContent);
const dark = matchMedia("(prefers-color-scheme: dark)");
// The width of the y axis that panels above each other have, and of what a last label needs beside them.
const AXIS_WIDTH = 44, BESIDE = 10;
// In what Vega says on the console, all but errors is for who writes charts.
const ERRORS = 1;
const drawn = new Map();

function fitting(spec, width) {
    const copy = structuredClone(spec);
    if (copy.vconcat) {
        for (const panel of copy.vconcat) panel.width = width - AXIS_WIDTH - BESIDE;
        return copy;
    }
    return { ...copy, width, autosize: { type: "fit-x", contains: "padding" } };
}

async function draw(place) {
    const scheme = dark.matches ? "dark" : "light", width = place.clientWidth;
    if (!width || drawn.get(place) === scheme + width) return;
    drawn.set(place, scheme + width);
    // Without `ast` Vega would make functions of texts, which the page's policy forbids.
    await vegaEmbed(place, fitting(charts[place.dataset.chart], width), {
        actions: false, ast: true, config: configs[scheme], defaultStyle: false, logLevel: ERRORS, renderer: "svg",
        tooltip: { disableDefaultStyle: true },
    });
    place.dataset.drawn = scheme;
}

const places = [...document.querySelectorAll("[data-chart]")];
const watch = new ResizeObserver((entries) => entries.forEach((entry) => draw(entry.target)));
places.forEach((place) => watch.observe(place));
dark.addEventListener("change", () => places.forEach(draw));
