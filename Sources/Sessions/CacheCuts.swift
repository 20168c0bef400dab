import Wire

/// Where `cache_control` members stand in a text, with the comma that goes with each: what a client moves from turn to turn
/// without a change to the prompt.
struct CacheCuts {
    struct Cut {
        let range: Range<Int>
        /// `nil`: the member is `null`.
        let mark: CacheMark?
    }

    private(set) var cuts: [Cut] = []
    private var next = 0

    /// - Parameters:
    ///   - text: JSON without white space between its parts.
    ///   - start: where to begin.
    init(_ text: UnsafeRawBufferPointer, from start: Int) {
        var start = start
        while start < text.count, let found = text.slice(start..<text.count).firstIndex(of: Self.name) {
            let place = start + found
            start = place + Self.name.utf8CodeUnitCount
            guard let (end, mark) = Self.value(text, at: start) else { continue }
            start = end
            if place > 0, text[place - 1] == UInt8(ascii: ",") {
                cuts.append(Cut(range: place - 1..<end, mark: mark))
            } else if end < text.count, text[end] == UInt8(ascii: ",") {
                cuts.append(Cut(range: place..<end + 1, mark: mark))
            } else {
                cuts.append(Cut(range: place..<end, mark: mark))
            }
        }
    }

    /// In a string the quotes would stand behind backslashes.
    private static let name: StaticString = "\"cache_control\""

    /// Those within a part of the text; parts come in their order.
    mutating func take(in part: Range<Int>) -> ArraySlice<Cut> {
        while next < cuts.count, cuts[next].range.lowerBound < part.lowerBound { next += 1 }
        let first = next
        while next < cuts.count, cuts[next].range.upperBound <= part.upperBound { next += 1 }
        return cuts[first..<next]
    }

    /// Something of the same name that means something else is none: a tool's input may have one.
    private static func value(_ text: UnsafeRawBufferPointer, at colon: Int) -> (end: Int, mark: CacheMark?)? {
        guard colon + 1 < text.count, text[colon] == UInt8(ascii: ":") else { return nil }
        let rest = text.slice(colon + 1..<text.count)
        if rest.starts(with: "null") { return (colon + 5, nil) }
        var cursor = JSONCursor(rest), mark: CacheMark?
        do throws(JSONError) {
            mark = try Self.mark(&cursor)
        } catch {
            return nil
        }
        return mark.map { (colon + 1 + cursor.position, $0) }
    }

    /// What the object of a `cache_control` says; `nil`: it is none.
    static func mark(_ cursor: inout JSONCursor) throws(JSONError) -> CacheMark? {
        var isEphemeral = false, mark = CacheMark.fiveMinutes
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            if try cursor.peekKind() != .string {
                try cursor.skipValue()
            } else if key.equals("type") {
                isEphemeral = try cursor.readString().equals("ephemeral")
            } else if key.equals("ttl") {
                if try cursor.readString().equals("1h") { mark = .hour }
            } else {
                try cursor.skipValue()
            }
        }
        return isEphemeral ? mark : nil
    }
}
