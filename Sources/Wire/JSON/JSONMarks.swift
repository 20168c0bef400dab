import CScan

/// The marks of a JSON text's upper levels: where every quote, comma, colon and bracket stands that is outside of strings. HOT:
/// several gigabytes per second, for texts that were checked before.
package enum JSONMarks {
    /// How many marks are looked for at a time in so many bytes: 1 KB of them stands on the stack, more is worth an allocation only where
    /// there is much to read.
    static func room(for bytes: Int) -> Int { bytes > 4096 ? 512 : 128 }

    /// Tells of the marks in their order.
    ///
    /// - Parameters:
    ///   - text: one value. What stands around it and what is wrong within it is not looked for.
    ///   - levels: containers around a mark, at most; a bracket counts outside of its container. 1...64.
    ///   - start: where to begin: 0, or within an array at the start of one of its elements.
    ///   - take: gets the marks' offsets, some at a time.
    /// - Returns: false if the text is none that has a meaning: brackets do not match, or strings hold control characters.
    package static func read(
        _ text: UnsafeRawBufferPointer, levels: Int, from start: Int = 0, _ take: (UnsafeBufferPointer<Int>) -> Void
    ) -> Bool {
        precondition((1...64).contains(levels))
        var state = tg_json_state()
        state.depth_limit = 512
        // All zero, the one open bracket is an array's.
        state.depth = start > 0 ? 1 : 0
        state.deeper = UInt32(levels - 1)
        return withUnsafeTemporaryAllocation(of: Int.self, capacity: room(for: text.count - start)) { marks in
            guard let base = text.bindMemory(to: UInt8.self).baseAddress, let out = marks.baseAddress else {
                return false
            }
            var position = start
            while text.count - position >= 64 {
                let result = tg_json_scan(&state, base, position, text.count, out, marks.count)
                take(UnsafeBufferPointer(start: out, count: result.count))
                guard result.status == TG_JSON_OK || result.status == TG_JSON_FULL else { return false }
                position = result.position
            }
            let rest = text.count - position
            guard rest > 0 else { return position > 0 && state.depth == 0 }
            return withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { block in
                block.initializeMemory(as: UInt8.self, repeating: Ascii.space)
                block.copyMemory(from: text.slice(position..<text.count))
                guard let base = block.bindMemory(to: UInt8.self).baseAddress else { return false }
                let result = tg_json_scan(&state, base, 0, 64, out, marks.count)
                for index in 0..<result.count { out[index] += position }
                take(UnsafeBufferPointer(start: out, count: result.count))
                return result.status == TG_JSON_OK && state.depth == 0
            }
        }
    }

    /// Where the elements of an array stand, without the blanks around them; `nil` if it is none. Elements are not checked.
    ///
    /// - Parameter limit: elements beyond it give `nil`.
    package static func elements(_ array: UnsafeRawBufferPointer, limit: Int) -> [Range<Int>]? {
        guard array.first == Ascii.openBracket else { return nil }
        var elements: [Range<Int>] = []
        elements.reserveCapacity(32)
        var start = 1, depth = 0, isInString = false, isOver = false
        func add(upTo end: Int) {
            let element = array.trimmingWhitespace(start..<end)
            if element.isEmpty { return }
            if elements.count == limit { isOver = true } else { elements.append(element) }
        }
        let isWhole = read(array, levels: 1) { marks in
            for mark in marks {
                switch array[mark] {
                case Ascii.quote: isInString.toggle()
                case _ where isInString: break
                case Ascii.openBracket, Ascii.openBrace: depth += 1
                case Ascii.closeBracket, Ascii.closeBrace:
                    depth -= 1
                    if depth == 0 { add(upTo: mark) }
                case Ascii.comma where depth == 1:
                    add(upTo: mark)
                    start = mark + 1
                default: break
                }
            }
        }
        return isWhole && !isOver ? elements : nil
    }
}

extension UnsafeRawBufferPointer {
    /// `range` without the white space of JSON (RFC 8259 §2) at its ends.
    package func trimmingWhitespace(_ range: Range<Int>) -> Range<Int> {
        var (first, last) = (range.lowerBound, range.upperBound)
        while first < last, JSONText.isWhitespace(self[first]) { first += 1 }
        while first < last, JSONText.isWhitespace(self[last - 1]) { last -= 1 }
        return first..<last
    }
}
