"""HTTP messages, made wrong at random."""

NASTY = [b"\r", b"\n", b"\r\n", b"\0", b"\t", b" ", b"\x0b", b"\x0c", b"\x7f", b"\x80", b"\xff", b":", b";", b",", b"0", b"9", b"-", b"+", b"_",
         b"\"", b"chunked", b"identity", b"\r\n ", b"\r\n\r\n", b"\n\n", b"x", b"0\r\n\r\n", b"HTTP/1.1"]
LINES = [b"Content-Length: 0", b"Content-Length: 90", b"Content-Length: 5", b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity",
         b"Transfer_Encoding: chunked", b"Content_Length: 1", b"Transfer-Encoding : chunked", b" Transfer-Encoding: chunked", b"Connection: close",
         b"Connection: content-length", b"Expect: 100-continue", b"Host: other", b"X-Smuggled: 1", b"Upgrade: h2c", b"TE: trailers",
         b"Trailer: Content-Length", b"Keep-Alive: max=1", b"GET / HTTP/1.1", b"X-HTTP-Method-Override: DELETE"]


def twisted(data, random):
    """The message with one thing changed: a byte, a line, the order of lines, an end of a line."""
    dice, end = random.randrange(8), max(1, data.find(b"\r\n\r\n"))
    at = random.randrange(end if random.random() < 0.7 else max(1, len(data)))
    lines = data[:end].split(b"\r\n")
    if dice == 0:
        return data[:at] + random.choice(NASTY) + data[at:]
    if dice == 1:
        return data[:at] + data[at + random.randrange(1, 4) :]
    if dice == 2:
        return data[:at] + random.choice(NASTY) + data[at + 1 :]
    if dice == 3:
        lines.insert(random.randrange(1, len(lines) + 1), random.choice(LINES))
    elif dice == 4:
        lines.insert(random.randrange(len(lines) + 1), random.choice(lines))
    elif dice == 5 and len(lines) > 2:
        one, other = random.sample(range(1, len(lines)), 2)
        lines[one], lines[other] = lines[other], lines[one]
    elif dice == 6:
        place = random.randrange(len(lines))
        lines[place] = lines[place].swapcase()
    else:
        place = random.randrange(1, len(lines) + 1)
        return random.choice((b"\n", b"\r", b"\r\r\n", b"\r\n\t")).join((b"\r\n".join(lines[:place]), b"\r\n".join(lines[place:]))) + data[end:]
    return b"\r\n".join(lines) + data[end:]
