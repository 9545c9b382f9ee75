"""Months and business days as laws count them, against the published lists of holidays and against numpy."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.policy.calendar_days import (
    business_days_before,
    day_of_use,
    federal_holidays,
    is_business_day,
    months_after,
)

# https://www.opm.gov/policy-data-oversight/pay-leave/federal-holidays/, each by the day on which it is kept.
PUBLISHED = {
    2026: "01-01 01-19 02-16 05-25 06-19 07-03 09-07 10-12 11-11 11-26 12-25",
    2027: "01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24 12-31",
}
DAYS = st.dates(date(2000, 1, 1), date(2060, 12, 31))


@pytest.mark.parametrize("year", PUBLISHED)
def test_holidays_are_those_that_are_published(year: int) -> None:
    assert [f"{day:%m-%d}" for day in sorted(federal_holidays(year))] == PUBLISHED[year].split()


@given(DAYS, st.integers(0, 40))
def test_business_days_are_counted_as_numpy_counts_them(day: date, count: int) -> None:
    holidays = [one for year in range(day.year - 1, day.year + 1) for one in federal_holidays(year)]
    found = business_days_before(day, count)
    assert np.busday_count(found, day, holidays=holidays) == count
    assert count == 0 or np.is_busday(found, holidays=holidays)
    assert is_business_day(day) == np.is_busday(day, holidays=holidays)


@given(DAYS, st.integers(0, 600))
def test_months_after_is_the_same_day_or_the_last_of_a_shorter_month(day: date, months: int) -> None:
    found = months_after(day, months)
    assert (found.year * 12 + found.month) - (day.year * 12 + day.month) == months
    assert found.day == day.day or (found.day < day.day and (found + timedelta(days=1)).day == 1)


def test_the_calendar_has_ends() -> None:
    assert business_days_before(date(1, 1, 3), 10) == date.min
    assert months_after(date(9999, 6, 1), 12) == date.max
    assert date(9999, 12, 25) not in federal_holidays(9999) and date(9999, 12, 24) in federal_holidays(9999)


def test_the_day_of_use_is_today_while_it_is_used() -> None:
    first, today, last = date(2026, 4, 1), date(2026, 11, 21), date(2026, 12, 31)
    assert day_of_use(first, None, today) == day_of_use(first, last, today) == today
    assert day_of_use(date(2027, 1, 1), None, today) == date(2027, 1, 1)
    assert day_of_use(first, date(2026, 5, 31), today) == date(2026, 5, 31)
