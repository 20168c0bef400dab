/// The `retry-after` field (RFC 9110 §10.2.3): seconds or a date.
package enum RetryAfter {
    /// Nanoseconds from `now` (Unix nanoseconds), 0 for a date that has passed; nil for what is neither or beyond a day.
    package static func nanoseconds(_ text: String, at now: Int64) -> Int64? {
        if text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            guard let seconds = Int64(text), seconds <= longest else { return nil }
            return seconds * 1_000_000_000
        }
        let date = Array(text.utf8).withUnsafeBytes { HTTPDate.parse($0) }
        // A date may lie further back than 64 bits of nanoseconds do.
        guard let date, date - now / 1_000_000_000 <= longest else { return nil }
        return date < now / 1_000_000_000 ? 0 : max(0, date * 1_000_000_000 - now)
    }

    /// Nanoseconds of a span of time as Go writes them and OpenAI's limits have them: `6m0s`, `1h2m3.5s`, `20ms`, or seconds
    /// alone; nil for anything else or beyond a day.
    package static func duration(_ text: String) -> Int64? {
        var rest = Substring(text), total = 0.0
        while !rest.isEmpty {
            let number = rest.prefix { $0 == "." || $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(number.count)
            let unit = rest.prefix(while: \.isLetter)
            rest = rest.dropFirst(unit.count)
            guard let value = Double(number), let seconds = units[String(unit)] else { return nil }
            total += value * seconds
        }
        guard !text.isEmpty, total <= Double(longest) else { return nil }
        return Int64((total * 1_000_000_000).rounded())
    }

    private static let units = ["": 1, "h": 3_600, "m": 60, "s": 1, "ms": 0.001, "us": 0.000_001, "µs": 0.000_001]

    private static let longest: Int64 = 86_400
}
