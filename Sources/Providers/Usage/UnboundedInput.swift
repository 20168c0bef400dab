import Wire

/// Input of a request that counts for more tokens than it has bytes: an image may be a few bytes or a URL, a document a file's id.
package enum UnboundedInput {
    /// Claude's largest image: 4,784 tokens (https://platform.claude.com/docs/en/build-with-claude/vision).
    private static let image: Int64 = 5_000
    /// The largest context window that models have.
    private static let window: Int64 = 1_000_000

    /// The most tokens that come on top of the bytes of a body, no more than fit into a context window. Counts all that could be the
    /// type of such a block, wherever it stands; escapes that could hide one count as one. Results of servers' own tools are not
    /// known before and not in it.
    package static func mostTokens(in body: UnsafeRawBufferPointer) -> Int64 {
        var images: Int64 = 0
        var index = 0
        while let candidate = body.firstMediaMark(from: index) {
            index = candidate + 1
            let rest = body.slice(candidate..<body.count)
            if begins(rest, "\"image\"") || begins(rest, "\"image_url\"") {
                images += 1
                if images * image >= window { return window }
            } else if begins(rest, "\"document\"") || begins(rest, "\"container_upload\"")
                || hidesLetter(body, at: candidate)
            {
                return window
            }
        }
        return images * image
    }

    private static func begins(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        return bytes.count >= count && bytes.slice(0..<count).equals(text)
    }

    /// `\u0040` to `\u007f`: nobody writes letters so who has nothing to hide.
    private static func hidesLetter(_ body: UnsafeRawBufferPointer, at index: Int) -> Bool {
        let rest = body.slice(index..<body.count)
        guard begins(rest, "\\u00"), rest.count > 4, (UInt8(ascii: "4")...UInt8(ascii: "7")).contains(rest[4]) else {
            return false
        }
        // Behind another backslash it is none.
        var start = index
        while start > 0, body[start - 1] == UInt8(ascii: "\\") { start -= 1 }
        return (index - start).isMultiple(of: 2)
    }
}
