import Wire

/// What comes whole, in the events that end a part, an item or the answer: told where no pieces of it came, as some servers send
/// none.
extension ResponsesAnswer {
    func wholeText(_ text: JSONString, at place: TextPlace, isRefusal: Bool, _ message: MessageWriter) {
        if isRefusal { isRefused = true }
        guard !text.bytes.isEmpty, isNew(place) else { return }
        self.text(text, message)
    }

    /// A message that is done.
    func wholeMessage(_ item: ResponsesItem, _ index: Int64, _ message: MessageWriter) throws(JSONError) {
        guard let content = item.content else { return }
        let isTold = toldItems.contains(index)
        var cursor = JSONCursor(content), part: Int64 = 0
        try cursor.enterArray()
        while try cursor.nextElement() {
            let (text, isRefusal) = try Self.readPart(&cursor)
            if isRefusal { isRefused = true }
            if let text, !isTold {
                wholeText(text, at: TextPlace(item: index, part: part), isRefusal: isRefusal, message)
            }
            part += 1
        }
    }

    /// The items of an answer that is complete. Their places are not everywhere what the events said they are: what was told of is
    /// not told again.
    func wholeOutput(_ output: UnsafeRawBufferPointer, _ message: MessageWriter) throws(JSONError) {
        let hasNothing = message.isEmpty, hasText = !toldTexts.isEmpty
        guard hasNothing || !hasText else { return }
        var cursor = JSONCursor(output), index: Int64 = 0
        try cursor.enterArray()
        while try cursor.nextElement() {
            let bytes = cursor.bytes(try cursor.skipValue())
            if hasNothing {
                try itemDone(bytes, index, message)
            } else {
                let item = try ResponsesItem(bytes)
                if item.kind == .message { try wholeMessage(item, index, message) }
            }
            index += 1
        }
    }

    private static func readPart(
        _ cursor: inout JSONCursor
    ) throws(JSONError) -> (text: JSONString?, isRefusal: Bool) {
        var text: JSONString?, refusal: JSONString?
        guard try cursor.enterObjectOrSkip() else { return (nil, false) }
        while let key = try cursor.nextKey() {
            if key.equals("text") {
                text = try cursor.stringOrSkip()
            } else if key.equals("refusal") {
                refusal = try cursor.stringOrSkip()
            } else {
                try cursor.skipValue()
            }
        }
        return (refusal ?? text, refusal != nil)
    }
}
