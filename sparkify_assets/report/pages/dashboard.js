// Draws the charts in the width of the page and the colours of the scheme; draws them again when either changes.
const { charts, configs } = JSON.parse(document.getElementById("charts").textContent);
const dark = matchMedia("(prefers-color-scheme: dark)");
// The width of the y axis of stacked panels, and the room that a last label needs beside them.
const AXIS_WIDTH = 44, BESIDE = 10;
// Vega's warnings on the console are for authors of charts.
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
    // Without `ast` Vega would compile text to functions, which the page's policy forbids.
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
