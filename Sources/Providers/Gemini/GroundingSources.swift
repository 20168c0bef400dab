import Wire

/// What Google's search found for an answer: queries are counted, pages become a list behind the text (T-23).
/// https://ai.google.dev/gemini-api/docs/grounding
struct GroundingSources {
    private struct Page {
        let uri: [UInt8]
        let title: [UInt8]
    }

    /// Metadata may come again with every chunk: each query and page counts once.
    private var queries: Set<[UInt8]> = []
    private var pages: [Page] = []

    var queryCount: Int { queries.count }

    mutating func read(_ cursor: inout JSONCursor) throws(JSONError) {
        guard try cursor.enterObjectOrSkip() else { return }
        while let key = try cursor.nextKey() {
            if key.equals("webSearchQueries") {
                guard try cursor.enterArrayOrSkip() else { continue }
                while try cursor.nextElement() {
                    if let query = try cursor.stringOrSkip() { queries.insert(try Self.decoded(query)) }
                }
            } else if key.equals("groundingChunks") {
                guard try cursor.enterArrayOrSkip() else { continue }
                while try cursor.nextElement() { try readChunk(&cursor) }
            } else {
                try cursor.skipValue()
            }
        }
    }

    private mutating func readChunk(_ cursor: inout JSONCursor) throws(JSONError) {
        guard try cursor.enterObjectOrSkip() else { return }
        while let key = try cursor.nextKey() {
            if key.equals("web") { try readPage(&cursor) } else { try cursor.skipValue() }
        }
    }

    private mutating func readPage(_ cursor: inout JSONCursor) throws(JSONError) {
        guard try cursor.enterObjectOrSkip() else { return }
        var uri: [UInt8] = [], title: [UInt8] = []
        while let key = try cursor.nextKey() {
            if key.equals("uri") {
                uri = try cursor.stringOrSkip().map { text throws(JSONError) in try Self.decoded(text) } ?? []
            } else if key.equals("title") {
                title = try cursor.stringOrSkip().map { text throws(JSONError) in try Self.decoded(text) } ?? []
            } else {
                try cursor.skipValue()
            }
        }
        guard !uri.isEmpty, !pages.contains(where: { $0.uri == uri }) else { return }
        pages.append(Page(uri: uri, title: title))
    }

    private static func decoded(_ text: JSONString) throws(JSONError) -> [UInt8] {
        var decoded = ByteWriter(capacity: text.bytes.count)
        try text.append(to: &decoded)
        return decoded.array
    }

    /// The list, as the last of the answer's text.
    func tell(_ message: MessageWriter) {
        guard !pages.isEmpty else { return }
        var list = ByteWriter()
        list.append("\n\nSources:")
        for (index, page) in pages.enumerated() {
            list.append("\n")
            list.append(decimal: index + 1)
            list.append(". ")
            if !page.title.isEmpty {
                list.append(page.title)
                list.append(": ")
            }
            list.append(page.uri)
        }
        list.withBytes { message.text(utf8: $0) }
    }
}
