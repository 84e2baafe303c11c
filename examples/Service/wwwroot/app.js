import { drawLine, drawSensor, timeOf } from "./chart.js";
import { drawMap, sensorAt } from "./map.js";

const $ = id => document.getElementById(id);
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat("en", { notation: "compact", minimumFractionDigits: 2, maximumFractionDigits: 2 });
const reasons = { farOut: "far outside the forecast", drifting: "drifts off", silent: "silent" };
const faults = { spike: "spike", stuck: "stuck", drift: "drift", dropout: "dropout" };
const minutesPerReading = 15;

let source = null;
let past = null;      // what holds for all sensors
let status = null;    // the last news
let sensor = null;    // the picked one
let alarms = [];
let seen = new Set();
let isOutdated = true;

const numberOf = id => Number(id.replace(/^sensor-/i, ""));
const idOf = number => `sensor-${String(number).padStart(5, "0")}`;

/** The sensor of the page's address. */
function pickedNumber() {
    const number = numberOf(location.hash.slice(1));
    return Number.isInteger(number) && number >= 0 && (past === null || number < past.sensors) ? number : 0;
}

/** A browser has six connections to a server, for all of its pages: one that nobody looks at has none. */
function connect() {
    source?.close();
    source = null;
    if (document.hidden) {
        return;
    }
    source = new EventSource(`/live?sensor=${pickedNumber()}`);
    const mine = source;
    const on = (name, take) => source.addEventListener(name, e => {
        if (mine === source) {
            take(JSON.parse(e.data));
            isOutdated = true;
        }
    });
    on("past", data => {
        past = data;
        sensor = null;
    });
    on("sensor", takeSensor);
    on("status", data => {
        status = data;
        for (const [line, value] of [[past.rate, data.rate], [past.slow, data.slow]]) {
            line.push(value);
            line.splice(0, line.length - past.kept);
        }
        connection("live", data.pages > 1 ? `Live, ${data.pages} pages` : "Live");
    });
    on("alarms", data => {
        alarms = data;
    });
    source.onerror = async () => {
        connection("lost", "No answer; trying again");
        // A browser gives up after an answer that is no stream.
        if (mine.readyState === EventSource.CLOSED && mine === source) {
            const wait = await explain(mine.url);
            setTimeout(() => mine === source && connect(), wait);
        }
    };
}

/** Says why there is no stream, and how many milliseconds later to try again. */
async function explain(address) {
    const stop = new AbortController();
    try {
        const answer = await fetch(address, { signal: stop.signal });
        if (answer.status === 401) {
            location.reload(); // to the page that says where the key is
        } else if (answer.status === 404) {
            // An address may name any sensor, and another start may have fewer.
            complain((await answer.json()).detail);
            history.replaceState(null, "", location.pathname);
            return 0;
        } else if (answer.status === 503) {
            connection("lost", (await answer.json()).detail);
        }
    } catch {
        // There is no server, or what answers is none of ours.
    } finally {
        stop.abort();
    }
    return 1000;
}

function connection(state, text) {
    const place = $("connection");
    if (place.textContent !== text) {
        [place.dataset.state, place.textContent] = [state, text];
        document.body.dataset.state = state;
    }
}

/** The first message has all that is kept of a sensor, the others what came since. */
function takeSensor(data) {
    if (sensor === null || data.first !== sensor.first + sensor.points.length) {
        sensor = data;
        return;
    }
    sensor.points.push(...data.points);
    const over = Math.max(0, sensor.points.length - 3 * past.readingsPerDay);
    sensor.points.splice(0, over);
    sensor.first += over;
    [sensor.ahead, sensor.hasAlarm] = [data.ahead, data.hasAlarm];
}

function complain(text) {
    [$("mistake").textContent, $("mistake").hidden] = [text, false];
}

function pick(number) {
    $("mistake").hidden = true;
    $("picked-id").value = "";
    location.hash = idOf(number);
}

function show() {
    if (status === null || !isOutdated) {
        return;
    }
    isOutdated = false;
    $("sensor-count").textContent = whole.format(past.sensors);
    $("home").textContent = past.home;
    $("rate").textContent = whole.format(status.rate);
    $("slow").textContent = time(status.slow);
    $("median").textContent = time(status.median);
    $("tokens").textContent = short(status.tokens);
    $("memory").textContent = (status.memory / 1e6).toFixed(status.memory < 1e8 ? 1 : 0);
    drawLine($("rate-line"), past.rate, past.kept);
    drawLine($("slow-line"), past.slow, past.kept);
    $("warm-up").hidden = status.warmUp >= 1;
    $("warm-up-bar").value = status.warmUp;
    $("trouble").hidden = !status.trouble;
    $("trouble").textContent = status.trouble ?? "";
    showSilos();
    showSensor();
    showAlarms();
    showFaults();
    drawMap($("map"), past.sensors, status.alarmed, pickedNumber());
    $("map-text").textContent = `${whole.format(status.alarmed.length)} with an alarm now. Choose one to see it.`;
}

function showSilos() {
    $("cluster").hidden = status.silos.length === 0;
    $("silos").replaceChildren(...status.silos.map(silo => {
        const row = document.createElement("li"), name = document.createElement("strong");
        row.dataset.state = silo.state;
        name.textContent = silo.name;
        const kills = silo.kills === 0 ? "" : `, killed ${silo.kills === 1 ? "once" : `${silo.kills} times`}`;
        row.append(name, ` ${silo.state}${silo.state === "running" ? `, process ${silo.process}` : ""}${kills}`);
        return row;
    }));
}

function showSensor() {
    if (sensor === null) {
        return;
    }
    $("picked-title").textContent = sensor.id;
    $("picked-id").placeholder = String(numberOf(sensor.id));
    const last = sensor.first + sensor.points.length - 1, point = sensor.points[sensor.points.length - 1];
    if (point) {
        const day = Math.floor(last / past.readingsPerDay) + 1, clock = timeOf(last, past.readingsPerDay);
        const value = point[0] === null ? "no value" : `${point[0].toFixed(2)} °C`;
        $("picked-state").textContent =
            `Day ${day}, ${clock.startsWith("day") ? "00:00" : clock}: ${value}${sensor.hasAlarm ? ", alarm" : ", as forecast"}.`;
    }
    drawSensor($("chart"), sensor, past.readingsPerDay);
}

function showAlarms() {
    const keys = alarms.map(a => `${a.sensor} ${a.reading}`);
    $("no-alarms").hidden = alarms.length > 0;
    if (keys.join() === $("alarms").dataset.keys) {
        return;
    }
    const isFirst = $("alarms").dataset.keys === undefined;
    $("alarms").dataset.keys = keys.join();
    $("alarms").replaceChildren(...alarms.map((alarm, i) => {
        const row = document.createElement("li"), button = document.createElement("button");
        const add = (name, text, kind) => {
            const part = document.createElement(name);
            part.textContent = text;
            part.className = kind ?? "";
            button.append(part);
        };
        button.type = "button";
        button.dataset.sensor = alarm.sensor;
        button.className = isFirst || seen.has(keys[i]) ? "" : "new";
        add("strong", alarm.sensor);
        add("span", new Date(alarm.time).toLocaleTimeString("en-GB"), "aside");
        add("small", reasons[alarm.reason]);
        const planted = alarm.planted ? `${faults[alarm.planted]}, ${after(alarm.after)}` : "no fault";
        add("small", planted, `aside ${alarm.planted ? "" : "false"}`);
        row.append(button);
        return row;
    }));
    seen = new Set(keys);
}

function showFaults() {
    let planted = 0, found = 0, missed = 0;
    $("faults").tBodies[0].replaceChildren(...status.faults.map(fault => {
        const row = document.createElement("tr"), head = document.createElement("th");
        [head.scope, head.textContent] = ["row", faults[fault.kind]];
        row.append(head);
        for (const text of [fault.planted, fault.found, fault.missed, fault.found > 0 ? after(fault.delay) : "–"]) {
            row.insertCell().textContent = typeof text === "number" ? whole.format(text) : text;
        }
        [planted, found, missed] = [planted + fault.planted, found + fault.found, missed + fault.missed];
        row.dataset.kind = fault.kind;
        return row;
    }));
    $("open-faults").textContent = whole.format(planted - found - missed);
    $("found-share").textContent = found + missed > 0 ? `${Math.floor(100 * found / (found + missed))} %` : "–";
    $("false-alarms").textContent = `${whole.format(status.falseAlarms)} false alarm${status.falseAlarms === 1 ? "" : "s"}`;
    $("false-rate").textContent = status.falseAlarms > 0
        ? `one of ${short(status.tokens / status.falseAlarms)} readings` : `in ${short(status.tokens)} readings`;
    const period = status.period < 10 ? +status.period.toFixed(2) : whole.format(status.period);
    $("period").textContent = status.period > 0 ? `, here ${period} s` : "";
}

/** How long after the first wrong reading, in the sensors' time. */
function after(readings) {
    const minutes = readings * minutesPerReading;
    return readings === 0 ? "at once" : minutes < 120 ? `${Math.round(minutes)} min` : `${(minutes / 60).toFixed(1)} h`;
}

function time(milliseconds) {
    return milliseconds >= 100 ? whole.format(milliseconds) : milliseconds.toPrecision(2);
}

function short(value) {
    return value >= 1e6 ? compact.format(value) : whole.format(value);
}

$("pick").addEventListener("submit", event => {
    event.preventDefault();
    const text = $("picked-id").value.trim(), number = numberOf(text);
    if (past === null || text === "") {
        return;
    }
    if (Number.isInteger(number) && number >= 0 && number < past.sensors) {
        pick(number);
        return;
    }
    complain(`There is no sensor “${text}”; ids go from ${idOf(0)} to ${idOf(past.sensors - 1)}.`);
});
for (const [button, step] of [["previous", -1], ["next", 1]]) {
    $(button).addEventListener("click", () => past && pick((pickedNumber() + step + past.sensors) % past.sensors));
}
$("alarms").addEventListener("click", event => {
    const button = event.target.closest("button");
    if (button) {
        pick(numberOf(button.dataset.sensor));
        $("picked-title").scrollIntoView({ block: "nearest" });
    }
});
$("map").addEventListener("click", event => {
    const number = status ? sensorAt($("map"), event, past.sensors, status.alarmed) : -1;
    if (number >= 0) {
        pick(number);
    }
});
window.addEventListener("hashchange", connect);
document.addEventListener("visibilitychange", connect);
for (const change of [matchMedia("(prefers-color-scheme: dark)"), matchMedia("(max-width: 800px)")]) {
    change.addEventListener("change", () => isOutdated = true);
}
new ResizeObserver(() => isOutdated = true).observe($("chart"));

// Once a frame at most.
const frame = () => {
    show();
    requestAnimationFrame(frame);
};
connect();
frame();
