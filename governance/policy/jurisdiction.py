"""Where a law counts: countries by ISO 3166-1 alpha-2, the European Union, and parts of a country behind a hyphen."""

import difflib
from typing import Annotated

from pydantic import AfterValidator

EVERYWHERE = "international"
"""Of a standard that no state has made."""
_COUNTRIES = (
    "ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bl bm bn bo bq br bs bt bv bw by bz "
    "ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg eh er es et fi fj fk fm fo "
    "fr ga gb gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je "
    "jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mf mg mh mk ml mm mn mo "
    "mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw "
    "py qa re ro rs ru rw sa sb sc sd se sg sh si sj sk sl sm sn so sr ss st sv sx sy sz tc td tf tg th tj tk tl tm "
    "tn to tr tt tv tw tz ua ug um us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw"
)
COUNTRIES = frozenset(_COUNTRIES.split())
_STATES = (
    "al ak az ar ca co ct de dc fl ga hi id il in ia ks ky la me md ma mi mn ms mo mt ne nv nh nj nm ny nc nd oh ok "
    "or pa ri sc sd tn tx ut vt va wa wv wi wy"
)
STATES = frozenset(_STATES.split())
"""Of the United States (ISO 3166-2:US), with the District of Columbia."""


def _known(text: str) -> str:
    first, *parts = text.split("-")
    if first in (EVERYWHERE, "eu") and not parts:
        return text
    plain = all(part.isascii() and part.isalnum() and part == part.lower() for part in parts)
    if first in COUNTRIES and plain and (first != "us" or not parts or parts[0] in STATES):
        return text
    known = [EVERYWHERE, "eu", *sorted(COUNTRIES), *(f"us-{state}" for state in sorted(STATES))]
    near = difflib.get_close_matches(text.lower(), known, n=1)
    said = f"; did you mean {near[0]!r}?" if near else ""
    raise ValueError(
        f"unknown jurisdiction {text[:40]!r}: expected a country of ISO 3166-1 in small letters, eu or {EVERYWHERE}, "
        f"and a part of a country behind a hyphen, such as us-co or us-ny-nyc{said}"
    )


Jurisdiction = Annotated[str, AfterValidator(_known)]
