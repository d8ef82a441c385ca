"""The TTL decisions of CloudFront's Expiration page (caching-1 to caching-5), worked out by hand.

The function and the real edge are both held against these numbers, and not against each other.
"""

from email.utils import formatdate
from time import time

from patternlab.caching.edge.ttl import MANAGED, CachePolicy

POLICIES = {
    "optimized": MANAGED["CachingOptimized"],  # 1, 86400, 31536000
    "origin": MANAGED["UseOriginCacheControlHeaders"],  # 0, 0, 31536000
    "capped": CachePolicy(0, 300, 400),
    "held": CachePolicy(30, 300, 400),
}


def at(seconds):
    """A date for Expires."""
    return formatdate(time() + seconds, usegmt=True)


#: Case, the origin's headers, and the TTL under each policy. None: not kept. 0: asked each time.
CASES = {
    "max-age": (lambda: {"Cache-Control": "max-age=60"}, 60, 60, 60, 60),
    "short-max-age": (lambda: {"Cache-Control": "public, max-age=5"}, 5, 5, 5, 30),
    "long-max-age": (lambda: {"Cache-Control": "max-age=99999999"}, 31536000, 31536000, 400, 400),
    "max-age-0": (lambda: {"Cache-Control": "max-age=0"}, 1, 0, 0, 30),
    "s-maxage": (lambda: {"Cache-Control": "max-age=60, s-maxage=350"}, 350, 350, 350, 350),
    "s-maxage-0": (lambda: {"Cache-Control": "s-maxage=0, max-age=60"}, 1, 0, 0, 30),
    "expires": (lambda: {"Expires": at(3600)}, 3600, 3600, 400, 400),
    "expired": (lambda: {"Expires": at(-60)}, 1, 0, 0, 30),
    "both": (lambda: {"Cache-Control": "max-age=90", "Expires": at(200)}, 90, 90, 90, 90),
    "nothing": (lambda: {}, 86400, 0, 300, 300),
    "no-cache": (lambda: {"Cache-Control": "no-cache"}, 1, 0, 0, 30),
    "no-store": (lambda: {"Cache-Control": "no-store"}, 1, None, None, 30),
    "private": (lambda: {"Cache-Control": "private, max-age=60"}, 1, None, None, 30),
}

#: Status, Cache-Control, and the seconds an error is kept with an error caching minimum TTL of 10
#: and a maximum TTL of 400 (caching-19).
ERRORS = [
    (404, "", 10),
    (404, "max-age=5", 10),
    (404, "max-age=60", 60),
    (404, "s-maxage=70, max-age=60", 70),
    (404, "max-age=1000", 400),
    (404, "no-store", None),
    (410, "private", None),
    (414, "", 10),
    (500, "", 10),
    (500, "no-store", 10),
    (501, "no-cache", None),
    (502, "private", 10),
    (503, "max-age=60", 60),
    (504, "", 10),
    (400, "", None),
    (403, "", None),
    (403, "max-age=60", 60),
    (403, "s-maxage=5", 10),
    (405, "max-age=60", 60),
    (412, "max-age=60", 60),
    (415, "max-age=60", 60),
    (416, "max-age=60", None),
    (401, "max-age=60", None),
    (429, "", None),
]
