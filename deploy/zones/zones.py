"""Makes the table of time zones and what its test compares with. Python 3.10 or newer, nothing else.

    python3 zones.py                        # from this machine's tzdata, or PyPI's when that is newer and installed
    pip install tzdata && python3 zones.py  # so the newest release is used, whatever the machine has
    python3 zones.py --from 2027-01-01      # the day on which the ten years begin; today without it

It writes two files below shared/gateway/src/calendar. `zones.txt` has a line for each rule: the POSIX rule that ends a
zone's file (RFC 9636), and the zones and links that it holds for. It is compared with the whole file of the zone over
ten years, at every change that the file lists and every twelve hours; zones that differ anywhere get a rule that begins
with `!`. `expected.txt` has one zone of each rule, and where its days, weeks, months and hours begin, as
Python's zoneinfo shows them: found by looking at the clock every quarter of an hour, without any rule.

Make the table anew when a release of tzdata changes a zone that people use, and look at what changed.
"""

import argparse
import datetime
import io
import pathlib
import struct
import zoneinfo

HERE = pathlib.Path(__file__).resolve().parent
CALENDAR = HERE.parent.parent / "shared/gateway/src/calendar"
UTC = datetime.timezone.utc
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)
YEARS = 10
DAY = 86400
QUARTER = 900
# Not places: what a machine shows before it is told where it is.
IGNORED = {"Factory"}


def database():
    """The folder of the newest compiled database, and its version."""
    folders = [pathlib.Path("/usr/share/zoneinfo")]
    try:
        import tzdata

        folders.append(pathlib.Path(tzdata.__file__).parent / "zoneinfo")
    except ModuleNotFoundError:
        pass
    found = []
    for folder in folders:
        source = folder / "tzdata.zi"
        if source.exists():
            first = source.open(encoding="utf-8").readline()
            found.append((first.removeprefix("# version ").strip(), folder))
    if not found:
        raise SystemExit("no tzdata.zi was found: pip install tzdata")
    version, folder = max(found)
    return folder, version


def names(folder):
    """Zones and links."""
    lines = (folder / "tzdata.zi").read_text(encoding="utf-8").splitlines()
    words = [line.split(" ") for line in lines]
    zones = {word[1] for word in words if word[0] == "Z"}
    return sorted((zones | {word[2] for word in words if word[0] == "L"}) - IGNORED)


def footer(data):
    """The POSIX rule at the end of a TZif file."""
    if data[:4] != b"TZif" or data[4:5] < b"2":
        raise SystemExit("a file of the database is no TZif of version 2 or newer")
    return data.rstrip(b"\n").rsplit(b"\n", 1)[1].decode("ascii")


def changes(data):
    """The instants of change that a TZif file lists, from its block of 64-bit times."""

    def counts(at):
        return struct.unpack(">6l", data[at + 20 : at + 44])

    isut, isstd, leap, times, types, letters = counts(0)
    second = 44 + times * 5 + types * 6 + letters + leap * 8 + isstd + isut
    times = counts(second)[3]
    return struct.unpack(f">{times}q", data[second + 44 : second + 44 + 8 * times])


def by_rule(rule):
    """A zone that has never had anything but this rule."""
    header = b"TZif2" + bytes(15) + struct.pack(">6l", 0, 0, 0, 0, 1, 4)
    block = header + struct.pack(">lbb", 0, 0, 0) + b"UTC\0"
    return zoneinfo.ZoneInfo.from_file(io.BytesIO(block * 2 + b"\n" + rule.encode() + b"\n"))


def offset(zone, second):
    """Seconds that clocks are ahead of UTC."""
    shift = (EPOCH + datetime.timedelta(seconds=second)).astimezone(zone).utcoffset()
    return shift.days * DAY + shift.seconds


def holds(data, rule, begin, end):
    """Whether the rule alone says what the whole file says."""
    whole, alone = zoneinfo.ZoneInfo.from_file(io.BytesIO(data)), by_rule(rule)
    instants = list(range(begin, end, DAY // 2))
    for change in changes(data):
        instants += [second for second in (change - 1, change) if begin <= second < end]
    return all(offset(whole, second) == offset(alone, second) for second in instants)


def table(folder, begin, end):
    """From rule to names; a rule that some of its zones do not keep begins with `!` for these."""
    rules = {}
    for name in names(folder):
        data = (folder / name).read_bytes()
        rule = footer(data)
        if "," in rule and ",M" not in rule or " " in rule:
            raise SystemExit(f"{name}: the rule {rule} is of a form that shared/gateway does not read")
        rules.setdefault(("" if holds(data, rule, begin, end) else "!") + rule, []).append(name)
    return rules


def date(day):
    """The date of a number of days since 1970-01-01."""
    return EPOCH.date() + datetime.timedelta(days=day)


def runs(values):
    """`VALUE*COUNT` for each run of equal values."""
    out = []
    for value in values:
        if out and out[-1][0] == value:
            out[-1][1] += 1
        else:
            out.append([value, 1])
    return " ".join(f"{value}*{count}" for value, count in out)


def starts(offsets, begin, end):
    """Date by date, how long after midnight UTC of that date clocks first show it."""
    late = []
    for day in range(begin // DAY, end // DAY):
        second = day * DAY - 16 * 3600
        while second + offsets[second] < day * DAY:
            second += QUARTER
        late.append(second - day * DAY)
    return late


def hours(offsets, begin, end):
    """The first start of an hour, and how long each hour is."""
    found = []
    for second in range(begin, end, QUARTER):
        moved = (offsets[second] - offsets[second - QUARTER]) % 3600
        if (second + offsets[second]) % 3600 == 0 or moved:
            found.append(second)
    return found[0], [after - before for before, after in zip(found, found[1:])]


def expected(folder, name, begin, end):
    """Four lines. Days, weeks and months: the first date, and runs of how long after midnight UTC they begin. Hours: the
    first start, and runs of lengths. Dates are days since 1970-01-01, the rest is in seconds."""
    zone = zoneinfo.ZoneInfo.from_file(io.BytesIO((folder / name).read_bytes()))
    offsets = {second: offset(zone, second) for second in range(begin - DAY, end, QUARTER)}
    late = starts(offsets, begin, end)
    dates = list(zip(range(begin // DAY, end // DAY), late))
    weeks = [(day, at) for day, at in dates if (day + 3) % 7 == 0]
    months = [(day, at) for day, at in dates if date(day).day == 1]
    for every, starting in ("day", dates), ("week", weeks), ("month", months):
        yield f"{name} {every} {starting[0][0]} {runs(at for _, at in starting)}"
    first, lengths = hours(offsets, begin, end)
    yield f"{name} hour {first} {runs(lengths)}"


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    today = datetime.datetime.now(UTC).date()
    arguments.add_argument("--from", dest="begin", type=datetime.date.fromisoformat, default=today)
    day = arguments.parse_args().begin
    begin = (day - EPOCH.date()).days * DAY
    end = begin + YEARS * 1461 // 4 * DAY
    folder, version = database()
    rules = table(folder, begin, end)
    head = f"# IANA tzdata {version}, from {day} for {YEARS} years. Made by deploy/zones/zones.py."
    lines = [head] + [" ".join([rule, *rules[rule]]) for rule in sorted(rules)]
    (CALENDAR / "zones.txt").write_text("\n".join(lines) + "\n", encoding="ascii")
    lines = [head]
    for rule in sorted(rules):
        if not rule.startswith("!"):
            # Two days later, so that no clock is looked at before the first day.
            lines += expected(folder, rules[rule][0], begin + 2 * DAY, end)
    (CALENDAR / "expected.txt").write_text("\n".join(lines) + "\n", encoding="ascii")
    for rule in sorted(rules):
        if rule.startswith("!"):
            print("no single rule:", *rules[rule])


if __name__ == "__main__":
    main()
