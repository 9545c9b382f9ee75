"""Days as laws count them: months from a day, and days on which business is done."""

from datetime import date, timedelta

_DAY = timedelta(days=1)
_SATURDAY, _SUNDAY = 5, 6
# 5 U.S.C. 6103(a): holidays on a day of the month, and (month, weekday, which one of the month, or the last).
_FIXED = ((1, 1), (6, 19), (7, 4), (11, 11), (12, 25))
_FLOATING = ((1, 0, 3), (2, 0, 3), (5, 0, -1), (9, 0, 1), (10, 0, 2), (11, 3, 4))


def months_after(day: date, months: int) -> date:
    """The same day of the month so many months later, or the last day of a shorter month; the last day there is, at
    most."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > date.max.year:
        return date.max
    return date(year, month + 1, min(day.day, _length(year, month + 1)))


def _length(year: int, month: int) -> int:
    """Days of a month, as the proleptic Gregorian calendar has them."""
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def federal_holidays(year: int) -> frozenset[date]:
    """The days of a year on which offices of the United States are closed (5 U.S.C. 6103; one that falls on a Saturday
    is kept on the Friday before, one on a Sunday on the Monday after), also that of the next New Year."""
    fixed = [date(year, month, day) for month, day in _FIXED] + ([date(year + 1, 1, 1)] if year < date.max.year else [])
    kept = {day + {_SATURDAY: -_DAY, _SUNDAY: _DAY}.get(day.weekday(), timedelta()) for day in fixed}
    return frozenset(day for day in kept if day.year == year) | {_nth(year, *one) for one in _FLOATING}


def _nth(year: int, month: int, weekday: int, which: int) -> date:
    days = [date(year, month, day) for day in range(1, _length(year, month) + 1)]
    on = [day for day in days if day.weekday() == weekday]
    return on[which - 1 if which > 0 else which]


def is_business_day(day: date) -> bool:
    """Whether it is a Monday to Friday and no federal holiday of the United States."""
    return day.weekday() < _SATURDAY and day not in federal_holidays(day.year)


def business_days_before(day: date, count: int) -> date:
    """The day that lies `count` business days before `day`, which is not counted itself; the first day there is, at
    least."""
    found = day
    while count and found > date.min:
        found -= _DAY
        count -= is_business_day(found)
    return found


def day_of_use(first: date, last: date | None, today: date) -> date:
    """The day by which one asks whether something may be used that is used from `first` to `last` (null: on and on):
    today, or the first day where that is to come, or the last where it has passed."""
    day = max(first, today)
    return day if last is None else min(day, last)
