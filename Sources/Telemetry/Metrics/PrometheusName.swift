/// Names of OpenTelemetry as Prometheus knows them, by the strategy `UnderscoreEscapingWithSuffixes` (OpenTelemetry
/// specification, compatibility/prometheus_and_openmetrics), so that they are the same whichever way figures take.
enum PrometheusName {
    /// A metric's name without what its samples append; for a counter that includes `_total`.
    static func family(_ name: String, unit: String, isCounter: Bool, isGauge: Bool) -> String {
        var words = name.split { !isNameCharacter($0) && $0 != ":" || $0 == "_" }.map(String.init)
        if let first = words.first?.first, first.isNumber { words.insert("", at: 0) }
        let (main, per) = unitWords(unit)
        for word in [main, per.isEmpty ? "" : "per_" + per] where !word.isEmpty {
            // What the name says already is not said again.
            let parts = word.split(separator: "_").map(String.init)
            if !words.suffix(parts.count).elementsEqual(parts) { words += parts }
        }
        if unit == "1", isGauge, words.last != "ratio" { words.append("ratio") }
        if isCounter {
            words.removeAll { $0 == "total" }
            words.append("total")
        }
        return words.joined(separator: "_")
    }

    /// What a unit adds to the name: nothing for what stands in braces and for `1`.
    static func unit(_ unit: String) -> String {
        let (main, per) = unitWords(unit)
        return per.isEmpty ? main : "\(main)_per_\(per)"
    }

    private static func unitWords(_ unit: String) -> (main: String, per: String) {
        guard unit != "1", !unit.contains("{") else { return ("", "") }
        let parts = unit.split(separator: "/", maxSplits: 1).map(String.init)
        let main = parts.first.map { mainUnits[$0] ?? clean($0) } ?? ""
        return (main, parts.count > 1 ? perUnits[parts[1]] ?? clean(parts[1]) : "")
    }

    private static let mainUnits = [
        "d": "days", "h": "hours", "min": "minutes", "s": "seconds", "ms": "milliseconds", "us": "microseconds",
        "ns": "nanoseconds", "By": "bytes", "KiBy": "kibibytes", "MiBy": "mebibytes", "GiBy": "gibibytes",
        "KBy": "kilobytes", "MBy": "megabytes", "GBy": "gigabytes", "%": "percent",
    ]
    private static let perUnits = ["s": "second", "m": "minute", "h": "hour", "d": "day"]

    private static func clean(_ text: String) -> String {
        text.split { !isNameCharacter($0) || $0 == "_" }.joined(separator: "_")
    }

    private static func isNameCharacter(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || character == "_")
    }

    /// A label's name: each character that may not stand there becomes `_`; none begins with a digit.
    static func label(_ name: String) -> String {
        let text = String(name.map { isNameCharacter($0) ? $0 : "_" })
        return text.first?.isNumber == true ? "key_" + text : text
    }
}
