"""Expressions that several panels share."""

BY_THE_DAY = 86400
NANO = "1e9"


def selector(metric, *matchers):
    inside = ", ".join(['job=~"$job"', *matchers])
    return f"{metric}{{{inside}}}"


def rate(metric, *matchers, window="$__rate_interval"):
    return f"rate({selector(metric, *matchers)}[{window}])"


def increase(metric, *matchers, window="$__range"):
    return f"increase({selector(metric, *matchers)}[{window}])"


def total(inner, *by):
    return f"sum by ({', '.join(by)}) ({inner})" if by else f"sum({inner})"


def quantile(share, metric, *matchers, by=()):
    """Of a histogram, by its name without `_bucket`."""
    return f"histogram_quantile({share}, {total(rate(metric + '_bucket', *matchers), 'le', *by)})"


def quantiles(metric, *matchers, shares=(0.5, 0.95, 0.99)):
    return [(quantile(share, metric, *matchers), f"p{round(share * 100)}") for share in shares]


def usd(inner):
    return f"{inner} / {NANO}"


def share(part, whole):
    """A part of a whole, 0 where there is no part, nothing where there is no whole."""
    return f"({part} or 0 * {whole}) / {whole}"
