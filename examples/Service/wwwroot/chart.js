// Charts in SVG, drawn anew with each change: a few hundred points take less than a millisecond.

const names = "http://www.w3.org/2000/svg";
const deviations = 1.96; // 95 % of a normal distribution
const margin = { left: 40, right: 8, top: 8, bottom: 24 };

const wrong = 1, planted = 4;

function element(name, attributes, text) {
    const result = document.createElementNS(names, name);
    for (const key in attributes) {
        result.setAttribute(key, attributes[key]);
    }
    if (text !== undefined) {
        result.textContent = text;
    }
    return result;
}

/** Round steps so that there are about `count` of them. */
function ticks(low, high, count) {
    const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough));
    const step = power * [1, 2, 5, 10].find(s => s * power >= rough);
    const result = [];
    for (let i = Math.ceil(low / step); i * step <= high; i++) {
        result.push(+(i * step).toFixed(6));
    }
    return result;
}

function area(rows, x, low, high) {
    if (rows.length === 0) {
        return "";
    }
    const back = rows.slice().reverse();
    return "M" + rows.map(r => `${x(r)},${high(r)}`).join("L") + "L" + back.map(r => `${x(r)},${low(r)}`).join("L") + "Z";
}

/**
 * Draws the readings of a sensor.
 * @param {HTMLElement} place Where.
 * @param {{first: number, points: number[][], ahead: number[][]}} sensor Its readings: value, mean, deviation and marks of each; and
 *     means and deviations of those to come.
 * @param {number} perDay Readings in a day.
 */
export function drawSensor(place, sensor, perDay) {
    const width = place.clientWidth, height = place.clientHeight;
    const shown = Math.min(sensor.points.length, width < 600 ? 1.5 * perDay : 3 * perDay);
    const skipped = sensor.points.length - shown, first = sensor.first + skipped;
    const rows = sensor.points.slice(skipped)
        .map(([value, mean, deviation, marks], i) => ({ at: first + i, value, mean, deviation, marks }));
    const last = first + rows.length - 1;
    const ahead = sensor.ahead.map(([mean, deviation], i) => ({ at: last + 1 + i, mean, deviation }));
    const svg = element("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": describe(rows) });
    place.replaceChildren(svg);
    if (rows.length === 0 || width === 0) {
        return;
    }

    // A forecaster that has just begun knows nothing, and its bands would leave no room for values.
    const values = rows.map(r => r.value).filter(v => v !== null);
    const spread = Math.max(1, Math.max(...values) - Math.min(...values));
    const isKnown = r => r.mean !== null && deviations * r.deviation < spread;
    const forecast = rows.filter(isKnown);
    const edges = [...forecast, ...ahead.filter(isKnown)]
        .flatMap(r => [r.mean - deviations * r.deviation, r.mean + deviations * r.deviation]);
    let low = Math.min(...values, ...edges), high = Math.max(...values, ...edges);
    [low, high] = [low - 0.04 * (high - low), high + 0.04 * (high - low)];
    const end = last + ahead.length;
    const x = at => round(margin.left + (at - first) / Math.max(1, end - first) * (width - margin.left - margin.right));
    const y = v => round(margin.top + (high - v) / (high - low) * (height - margin.top - margin.bottom));
    const bottom = height - margin.bottom;

    // Faults lie behind all else.
    for (const [from, to] of runs(rows, r => (r.marks & planted) !== 0)) {
        const left = x(from - 0.5), right = x(to + 0.5), middle = Math.max(4, right - left);
        svg.append(element("rect", { class: "planted", x: left, y: margin.top, width: middle, height: bottom - margin.top }));
    }
    for (const level of ticks(low, high, height / 55)) {
        svg.append(element("line", { class: "grid", x1: margin.left, x2: width - margin.right, y1: y(level), y2: y(level) }));
        svg.append(element("text", { x: margin.left - 8, y: y(level) + 4, "text-anchor": "end" }, String(level)));
    }
    const every = (end - first) / (width / 90) > perDay / 4 ? perDay / 2 : perDay / 4;
    for (let at = Math.ceil(first / every) * every; at <= end; at += every) {
        const left = x(at);
        if (left > margin.left + 16 && left < width - 34) {
            svg.append(element("text", { x: left, y: height - 6, "text-anchor": "middle" }, timeOf(at, perDay)));
        }
    }
    const lower = r => y(r.mean - deviations * r.deviation), upper = r => y(r.mean + deviations * r.deviation);
    svg.append(element("path", { class: "band", d: area(forecast, r => x(r.at), lower, upper) }));
    // It begins where the band ends.
    const coming = [...forecast.filter(r => r.at === last), ...ahead.filter(isKnown)];
    svg.append(element("path", { class: "ahead", d: area(coming, r => x(r.at), lower, upper) }));

    // A missing value is a gap.
    let line = "", isPen = false;
    for (const row of rows) {
        if (row.value !== null) {
            line += `${isPen ? "L" : "M"}${x(row.at)},${y(row.value)}`;
        }
        isPen = row.value !== null;
    }
    svg.append(element("path", { class: "value", d: line }));
    const dots = rows.filter(r => (r.marks & wrong) !== 0)
        .map(r => `M${x(r.at)},${r.value === null ? bottom - 4 : y(r.value)}h0`).join("");
    svg.append(element("path", { class: "wrong", d: dots }));
    const now = rows[rows.length - 1];
    if (now.value !== null) {
        svg.append(element("circle", { class: "now", cx: x(now.at), cy: y(now.value), r: 3 }));
    }
}

/** A line without axes, from 0 to its largest value. */
export function drawLine(svg, values, count) {
    svg.setAttribute("viewBox", `0 0 ${count - 1} 100`);
    svg.setAttribute("preserveAspectRatio", "none");
    const high = Math.max(...values, 1e-9), before = count - values.length;
    const d = values.map((v, i) => `${i === 0 ? "M" : "L"}${before + i},${round(98 - 96 * v / high)}`).join("");
    svg.replaceChildren(element("path", { d }));
}

/** The day and the time of a reading. */
export function timeOf(reading, perDay) {
    const day = Math.floor(reading / perDay), minutes = (reading % perDay) * 1440 / perDay;
    const two = n => String(Math.floor(n)).padStart(2, "0");
    return minutes === 0 ? `day ${day + 1}` : `${two(minutes / 60)}:${two(minutes % 60)}`;
}

function runs(rows, is) {
    const result = [];
    for (const row of rows) {
        const last = result[result.length - 1];
        if (!is(row)) {
            continue;
        }
        if (last && last[1] === row.at - 1) {
            last[1] = row.at;
        } else {
            result.push([row.at, row.at]);
        }
    }
    return result;
}

function describe(rows) {
    const values = rows.map(r => r.value).filter(v => v !== null);
    if (values.length === 0) {
        return "No readings yet";
    }
    const count = rows.filter(r => (r.marks & wrong) !== 0).length;
    return `${rows.length} readings from ${Math.min(...values)} to ${Math.max(...values)} degrees, ${count} of them judged wrong`;
}

function round(value) {
    return Math.round(value * 10) / 10;
}
