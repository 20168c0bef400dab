import Wire

/// What stands in the body of a request that the gateway must know of, wherever it stands: found by looking for the names, while the
/// body arrives. So it may see more than there is, as in a text that speaks of images, never less. Pure.
package struct BodyMarks: Equatable {
    /// The most tokens that come on top of the bytes of the body, no more than fit into a context window: an image may be a few bytes
    /// or a URL, a document a file's id. Results of servers' own tools are not known before and not in it.
    package private(set) var furtherTokens: Int64 = 0
    /// Thoughts that the gateway has marked with who thought them.
    package private(set) var hasReasoningState = false
    /// Thoughts of whomever.
    package private(set) var hasThinking = false
    /// Halves of surrogate pairs, which may stand alone.
    package private(set) var hasSurrogates = false
    private var images: Int64 = 0
    private var searched = 0

    /// Claude's largest image: 4,784 tokens (https://platform.claude.com/docs/en/build-with-claude/vision).
    private static let image: Int64 = 5_000
    /// The largest context window that models have.
    private static let window: Int64 = 1_000_000
    /// More than the longest name with its quotes.
    private static let longest = 24

    package init() {}

    /// Reads on; `body` is all of it so far, a JSON text. HOT.
    package mutating func consume(_ body: UnsafeRawBufferPointer) { search(body, before: body.count - Self.longest) }

    /// The body has no more than these bytes.
    package mutating func finish(_ body: UnsafeRawBufferPointer) { search(body, before: body.count) }

    /// A name that begins behind `end` may not be whole yet.
    private mutating func search(_ body: UnsafeRawBufferPointer, before end: Int) {
        guard searched < end else { return }
        while let found = body.firstMark(from: searched), found < end {
            note(body, at: found)
            searched = found + 1
        }
        searched = max(searched, end)
    }

    private mutating func note(_ body: UnsafeRawBufferPointer, at index: Int) {
        let rest = body.slice(index..<body.count)
        if rest.starts(with: "\\ud") || rest.starts(with: "\\uD") { return hasSurrogates = true }
        if rest.starts(with: "\"image\"") || rest.starts(with: "\"image_url\"") {
            images += 1
            furtherTokens = max(furtherTokens, min(images * Self.image, Self.window))
        } else if rest.starts(with: "\"document\"") || rest.starts(with: "\"container_upload\"")
            || hidesLetter(body, at: index)
        {
            furtherTokens = Self.window
        } else if rest.starts(with: "\"thinking") || rest.starts(with: "\"redacted_thinking") {
            hasThinking = true
        } else if rest.slice(min(1, rest.count)..<rest.count).starts(with: ReasoningState.mark) {
            hasReasoningState = true
        }
    }

    /// `\u0040` to `\u007f`: nobody writes letters so who has nothing to hide.
    private func hidesLetter(_ body: UnsafeRawBufferPointer, at index: Int) -> Bool {
        let rest = body.slice(index..<body.count)
        guard rest.starts(with: "\\u00"), rest.count > 4, (UInt8(ascii: "4")...UInt8(ascii: "7")).contains(rest[4])
        else { return false }
        // Behind another backslash it is none.
        var start = index
        while start > 0, body[start - 1] == UInt8(ascii: "\\") { start -= 1 }
        return (index - start).isMultiple(of: 2)
    }
}
