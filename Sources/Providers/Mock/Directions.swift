import Configuration
import Wire

/// The `mock:` words of a message.
struct Directions {
    var words = 24
    var pause: Int64 = 0
    var pace: Int64 = 15_000_000
    var tool: String?
    var input: JSONValue = .object(JSONObject())
    var errorStatus: Int?
    var breaks = false

    init(_ text: String) {
        for word in text.split(whereSeparator: \.isWhitespace) where word.hasPrefix("mock:") {
            let parts = word.dropFirst(5).split(separator: "=", maxSplits: 1).map(String.init)
            let value = parts.count == 2 ? parts[1] : ""
            switch parts.first {
            case "words": words = min(max(Int(value) ?? words, 1), 100_000)
            case "pause": pause = DurationText.parse(value) ?? pause
            case "pace": pace = DurationText.parse(value) ?? pace
            case "tool":
                tool = value
                input = Self.object(in: text) ?? input
            case "error": errorStatus = Int(value).flatMap { (400...599).contains($0) ? $0 : nil }
            case "break": breaks = true
            default: continue
            }
        }
    }

    private static func object(in text: String) -> JSONValue? {
        guard let open = text.firstIndex(of: "{"), let close = text.lastIndex(of: "}"), open < close else { return nil }
        return try? JSONValue(parsing: String(text[open...close]))
    }
}
