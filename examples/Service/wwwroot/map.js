// All sensors, a cell each; those with an alarm stand out.

/** Columns, so that the map is about twice as wide as high. */
function columnsOf(count) {
    return Math.ceil(Math.sqrt(2 * count));
}

export function drawMap(canvas, count, alarmed, picked) {
    const style = getComputedStyle(canvas), scale = window.devicePixelRatio || 1;
    const columns = columnsOf(count), rows = Math.ceil(count / columns);
    const width = canvas.clientWidth, cell = width / columns, height = Math.ceil(rows * cell);
    if (width === 0) {
        return;
    }
    canvas.style.height = `${height}px`;
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    const context = canvas.getContext("2d");
    context.scale(scale, scale);
    const gap = cell > 3 ? 1 : 0;
    const fill = (sensor, color, larger) => {
        context.fillStyle = color;
        const side = cell - gap + 2 * larger;
        context.fillRect((sensor % columns) * cell - larger, Math.floor(sensor / columns) * cell - larger, side, side);
    };
    const plain = style.getPropertyValue("--cell");
    for (let sensor = 0; sensor < count; sensor++) {
        fill(sensor, plain, 0);
    }
    // A cell of three pixels is hard to see.
    const larger = Math.max(0, (5 - cell) / 2);
    fill(picked, style.getPropertyValue("--accent"), larger);
    for (const sensor of alarmed) {
        fill(sensor, style.getPropertyValue("--alarm"), larger);
    }
}

/** The sensor at a place of the map; one with an alarm nearby goes first, since fingers are wider than cells. */
export function sensorAt(canvas, event, count, alarmed) {
    const columns = columnsOf(count), cell = canvas.clientWidth / columns;
    const box = canvas.getBoundingClientRect();
    const x = (event.clientX - box.left) / cell, y = (event.clientY - box.top) / cell;
    const distance = s => Math.hypot(s % columns + 0.5 - x, Math.floor(s / columns) + 0.5 - y) * cell;
    const near = alarmed.filter(s => distance(s) < 14).sort((a, b) => distance(a) - distance(b));
    const sensor = Math.floor(y) * columns + Math.min(columns - 1, Math.floor(x));
    return near.length > 0 ? near[0] : sensor < count ? sensor : -1;
}
