import CScan

/// Finds the lines of a head that arrives in pieces; bytes already searched are not searched again.
struct HeadLines: Sendable {
    /// Most bytes a head may have, its empty last line included.
    let limit: Int
    /// First byte of the line that is read next.
    private(set) var start = 0
    private var searched = 0

    init(limit: Int) {
        self.limit = limit
    }

    mutating func reset() {
        start = 0
        searched = 0
    }

    /// The next whole line without its CR LF, nil when it has not arrived yet. `bytes` begin with the head.
    mutating func next(_ bytes: UnsafeRawBufferPointer) throws(HTTPParseError) -> Range<Int>? {
        let end = min(bytes.count, limit)
        guard let lineFeed = bytes.firstIndex(of: Ascii.lineFeed, in: searched..<max(searched, end)) else {
            if bytes.count >= limit { throw .headTooLarge }
            searched = end
            return nil
        }
        guard lineFeed > start, bytes[lineFeed - 1] == Ascii.carriageReturn else { throw .bareLineFeed }
        let line = start..<lineFeed - 1
        start = lineFeed + 1
        searched = start
        return line
    }

    /// Reads one field line (RFC 9112 §5).
    static func field(_ bytes: UnsafeRawBufferPointer, _ line: Range<Int>) throws(HTTPParseError) -> HTTPField {
        guard let base = bytes.baseAddress, !line.isEmpty else { throw .fieldNameInvalid }
        if Ascii.isBlank(bytes[line.lowerBound]) { throw .foldedLine }
        let colon = line.lowerBound + tg_http_token_length(base + line.lowerBound, line.count)
        guard colon < line.upperBound, bytes[colon] == Ascii.colon, colon > line.lowerBound else {
            throw nameFault(bytes, colon, line)
        }
        let value = bytes.trimmingBlanks(colon + 1..<line.upperBound)
        let legal = value.lowerBound + tg_http_value_length(base + value.lowerBound, value.count)
        guard legal == value.upperBound else {
            throw bytes[legal] == Ascii.carriageReturn ? .bareCarriageReturn : .fieldValueInvalid
        }
        let name = line.lowerBound..<colon
        return HTTPField(name: .recognise(bytes.slice(name)), nameRange: name, valueRange: value)
    }

    private static func nameFault(
        _ bytes: UnsafeRawBufferPointer, _ position: Int, _ line: Range<Int>
    ) -> HTTPParseError {
        guard position < line.upperBound else { return .fieldNameInvalid }
        switch bytes[position] {
        case Ascii.carriageReturn: return .bareCarriageReturn
        case Ascii.space, Ascii.tab: return .blankBeforeColon
        default: return .fieldNameInvalid
        }
    }
}
