"""Medians and paired ratios of the rounds, as a table."""
from statistics import median


def ratios(rounds, peer, base):
    """The ratio to `base` in each round in which both ran: paired, so that a slow minute strikes both."""
    return [r[peer]["qps"] / r[base]["qps"] for r in rounds if peer in r and base in r and r[base]["qps"] > 0]


def show(rounds, names, bases, out):
    """`rounds`: for each round the results by peer's name. One line a peer, the fastest first."""
    present = [b for b in bases if any(b in r for r in rounds)]
    heads = ["peer", "qps"] + [f"/ {b}" for b in present] + ["spread", "p50 us", "p99.9 us", "CPU us", "RSS MB", "err"]
    lines = []
    for name in names:
        runs = [r[name] for r in rounds if name in r]
        if not runs:
            continue
        qps = [x["qps"] for x in runs]
        middle = lambda key: median([x[key] for x in runs]) if all(key in x for x in runs) else None
        text = lambda x, form: "-" if x is None else format(x, form)
        cells = [name, f"{median(qps):,.0f}"]
        for b in present:
            x = ratios(rounds, name, b)
            cells.append(f"{median(x):.2f}" if x else "-")
        cells.append(f"{min(qps) / median(qps) - 1:+.0%} {max(qps) / median(qps) - 1:+.0%}")
        cells += [text(middle("p50_us"), ",.0f"), text(middle("p999_us"), ",.0f"),
                  text(middle("client_cpu_us_per_query"), ".1f"), text(middle("peak_rss_mb"), ".0f"),
                  str(sum(x["errors"] for x in runs))]
        lines.append((median(qps), cells))
    lines.sort(key=lambda x: -x[0])
    table = [heads] + [x[1] for x in lines]
    widths = [max(len(row[i]) for row in table) for i in range(len(heads))]
    for i, row in enumerate(table):
        print("| " + " | ".join(c.ljust(w) if k == 0 else c.rjust(w) for k, (c, w) in enumerate(zip(row, widths)))
              + " |", file=out)
        if i == 0:
            print("|" + "|".join("-" * (w + 2) for w in widths) + "|", file=out)
