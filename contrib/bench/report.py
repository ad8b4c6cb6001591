"""From numbers to a table: text, JSON, and bars (SVG). Ratios are of medians."""
import json
import statistics
from xml.sax.saxutils import escape


def median(values):
    return statistics.median(values) if values else None


def figure(entry, name, which="wall"):
    return median(entry["servers"].get(name, {}).get(which, []))


def ratio(entry, name, peer, which="wall"):
    ours, theirs = figure(entry, name, which), figure(entry, peer, which)
    return ours / theirs if ours is not None and theirs else None


def shown(seconds, unit):
    if seconds is None:
        return "-"
    if unit != "ms":
        return "%d %s" % (seconds, unit)
    ms = seconds * 1000
    return "%.0f ms" % ms if ms >= 100 else "%.1f ms" % ms if ms >= 10 else "%.3f ms" % ms


def spread(entry, name):
    values = entry["servers"].get(name, {}).get("wall", [])
    if len(values) < 2:
        return ""
    return " [%s .. %s]" % (shown(min(values), entry["unit"]).split()[0],
                            shown(max(values), entry["unit"]).split()[0])


def line(entry, names):
    """One row as a line of the text table."""
    cells = []
    for name in names:
        skipped = entry["servers"].get(name, {}).get("skipped")
        cells.append("(%s)" % skipped if skipped else
                     shown(figure(entry, name), entry["unit"]) + spread(entry, name))
    out = "%-50s" % entry["title"] + "".join("  %-30s" % c for c in cells)
    peer = names[0]
    wall, cpu = ratio(entry, names[-1], peer), ratio(entry, names[-1], peer, "cpu")
    out += "  %s" % ("%.3f" % wall if wall is not None else "-").rjust(7)
    out += "  %s" % ("%.3f" % cpu if cpu is not None else "-").rjust(7)
    if entry["target"] is not None and peer == "dovecot":
        out += "  %5.2f %s" % (entry["target"], "" if wall is None else
                               "met" if wall <= entry["target"] else "MISSED")
    return out.rstrip()


def text(result):
    m, names = result["machine"], result["servers"]
    out = ["%s, %d cores, %d MB, Linux %s, load %.1f; medians of %d rounds in turn [range]" % (
        m["cpu"], m["cores"], m["memory_mb"], m["kernel"], m["load"][0], result["rounds"]), ""]
    out += result["notes"]
    out.append("%-50s" % "work" + "".join("  %-30s" % n for n in names) +
               "  %7s  %7s  %s" % ("wall", "CPU", "target"))
    out += [line(entry, names) for entry in result["rows"]]
    out += ["", "wall and CPU: %s / %s" % (names[-1], names[0]), "", "floor of the machine:"]
    out += ["  %-48s  %s" % (f["title"], shown(f["seconds"], "ms")) for f in result["floors"]]
    if "idle_libc_kb" in result:
        out.append("  %-48s  %d kB" % ("private memory of an idle libc program",
                                       result["idle_libc_kb"]))
    return "\n".join(out) + "\n"


def svg(result):
    """Bars of wall time relative to the first server, on a logarithmic axis."""
    import math
    names, rows = result["servers"], result["rows"]
    rows = [r for r in rows if ratio(r, names[-1], names[0]) is not None]
    width, left, step = 900, 380, 26
    low, high = -3.0, 1.0

    def x(value):
        place = (min(max(math.log10(value), low), high) - low) / (high - low)
        return left + place * (width - left - 70)
    height = 60 + step * len(rows)
    out = ['<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" '
           'font-family="sans-serif" font-size="12">' % (width, height),
           '<rect width="100%" height="100%" fill="#fff"/>',
           '<text x="10" y="20" font-size="14">%s, time relative to %s (log scale, shorter is '
           'faster)</text>' % (escape(names[-1]), escape(names[0]))]
    for power in range(int(low), int(high) + 1):
        at = x(10 ** power)
        out.append('<line x1="%.1f" x2="%.1f" y1="30" y2="%d" stroke="%s"/>' % (
            at, at, height - 20, "#333" if power == 0 else "#ddd"))
        out.append('<text x="%.1f" y="%d" text-anchor="middle">%g</text>' % (
            at, height - 5, 10 ** power))
    for i, entry in enumerate(rows):
        y = 36 + i * step
        value = ratio(entry, names[-1], names[0])
        out.append('<text x="%d" y="%d" text-anchor="end">%s</text>' % (
            left - 8, y + 13, escape(entry["title"])))
        out.append('<rect x="%d" y="%d" width="%.1f" height="16" fill="%s"/>' % (
            left, y, max(x(value) - left, 1), "#2b7a78" if value <= 1 else "#c0504d"))
        if entry["target"] is not None and names[0] == "dovecot":
            at = x(entry["target"])
            out.append('<line x1="%.1f" x2="%.1f" y1="%d" y2="%d" stroke="#e09f3e" '
                       'stroke-width="2"/>' % (at, at, y - 2, y + 18))
        out.append('<text x="%.1f" y="%d">%.3g</text>' % (x(value) + 5, y + 13, value))
    return "\n".join(out + ["</svg>"]) + "\n"


def write(result, prefix):
    with open(prefix + ".json", "w") as out:
        json.dump(result, out, indent=1)
        out.write("\n")
    with open(prefix + ".txt", "w") as out:
        out.write(text(result))
    with open(prefix + ".svg", "w") as out:
        out.write(svg(result))
    print("\n" + text(result) + "\nwritten: %s.txt %s.json %s.svg" % (prefix, prefix, prefix))
