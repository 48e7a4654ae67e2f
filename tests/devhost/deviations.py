"""Where the dev host's answer differs from the real host's, each with the reason.

Keys are (probe app, case of recorded.json or recorded_2.json). A test checks that every entry still deviates.
"""

DEVIATIONS: dict[tuple[str, str], str] = {
    ("probe_a", "GET path *"): "aiohttp refuses this target for all but OPTIONS: 400, not 405",
    ("probe_a", "http/2.0 line"): "505 as well, but aiohttp echoes HTTP/2.0 in its status line",
    ("probe_c", "answer GET status 102"): "aiohttp sends no body with a status below 200",
    ("probe_c", "answer GET status 199"): "the same",
    ("probe_a", "POST chunked and length"): (
        "aiohttp refuses a request with both framings, by which requests are smuggled: 400"
    ),
}
