import CScan

/// Writes a JSON text strictly and compactly: commas and colons come by themselves, misuse traps.
package struct JSONWriter: ~Copyable, Sendable {
    private var output: ByteWriter
    private var depth = 0
    /// One bit per open container, the innermost lowest, set for objects.
    private var objects: UInt128 = 0
    private var state = State.value

    private enum State {
        /// A value must come: at the start, behind a key.
        case value
        /// Just inside a container.
        case first
        /// Behind a member or element.
        case next
        /// The text is complete.
        case end
    }

    /// Writes behind what `output` holds already.
    package init(into output: consuming ByteWriter = ByteWriter()) {
        self.output = output
    }

    /// Forgets what was written, keeps the memory.
    package mutating func reset() {
        output.reset()
        depth = 0
        state = .value
    }

    /// Whether exactly one whole value was written.
    package var isComplete: Bool { state == .end }

    /// What was written so far, valid until the next mutation.
    package var bytes: UnsafeRawBufferPointer { output.bytes }

    /// A copy of what was written.
    package var array: [UInt8] { output.array }

    /// What was written as text.
    package var text: String { output.text }

    /// Gives the buffer back; the text must be complete.
    package consuming func finish() -> ByteWriter {
        precondition(state == .end, "the JSON text is not complete")
        return output
    }

    // MARK: Containers

    /// Opens an object; members follow as `key` and value.
    package mutating func beginObject() {
        begin(Ascii.openBrace, isObject: true)
    }

    /// Closes the innermost container, which must be an object.
    package mutating func endObject() {
        end(Ascii.closeBrace, isObject: true)
    }

    /// Opens an array; elements follow as values.
    package mutating func beginArray() {
        begin(Ascii.openBracket, isObject: false)
    }

    /// Closes the innermost container, which must be an array.
    package mutating func endArray() {
        end(Ascii.closeBracket, isObject: false)
    }

    /// A member's name; its value must be written next.
    package mutating func key(_ name: StaticString) {
        startKey()
        appendPlain(name.bytes)
        output.append(byte: Ascii.colon)
    }

    /// A literal of our own, which needs no escapes.
    private mutating func appendPlain(_ text: UnsafeRawBufferPointer) {
        assert(text.allSatisfy { $0 >= 0x20 && $0 != Ascii.quote && $0 != Ascii.backslash })
        output.reserve(text.count + 2)
        output.append(byte: Ascii.quote)
        output.append(text)
        output.append(byte: Ascii.quote)
    }

    /// A member's name; its value must be written next.
    package mutating func key(string name: String) {
        startKey()
        appendString(name)
        output.append(byte: Ascii.colon)
    }

    private mutating func startKey() {
        precondition(depth > 0 && objects & 1 == 1 && state != .value, "a key stands only between an object's members")
        if state == .next { output.append(byte: Ascii.comma) }
        state = .value
    }

    private mutating func begin(_ bracket: UInt8, isObject: Bool) {
        startValue()
        precondition(depth < 128, "JSON is nested too deeply")
        output.append(byte: bracket)
        depth += 1
        objects = objects << 1 | (isObject ? 1 : 0)
        state = .first
    }

    private mutating func end(_ bracket: UInt8, isObject: Bool) {
        precondition(depth > 0 && objects & 1 == (isObject ? 1 : 0) && state != .value, "nothing of that kind is open")
        output.append(byte: bracket)
        depth -= 1
        objects >>= 1
        endValue()
    }

    // MARK: Values

    /// A string of a literal.
    package mutating func value(_ text: StaticString) {
        startValue()
        appendString(text.bytes)
        endValue()
    }

    /// A string.
    package mutating func value(string text: String) {
        startValue()
        appendString(text)
        endValue()
    }

    /// A string of bytes that are known to be UTF-8.
    package mutating func value(utf8 text: UnsafeRawBufferPointer) {
        startValue()
        appendString(text)
        endValue()
    }

    /// A string that is JSON already; nothing is decoded.
    package mutating func value(_ string: JSONString) {
        beginString()
        append(string)
        endString()
    }

    /// Opens a string that is put together from parts; `append` adds to it.
    package mutating func beginString() {
        startValue()
        output.append(byte: Ascii.quote)
    }

    /// A part of the open string, escaped as it stands.
    package mutating func append(_ part: JSONString) { output.append(part.bytes) }

    /// A part of the open string.
    package mutating func append(_ part: StaticString) { appendEscaped(part.bytes) }

    /// A part of the open string, UTF-8 that is not escaped yet.
    package mutating func append(utf8 part: UnsafeRawBufferPointer) { appendEscaped(part) }

    /// Closes the open string.
    package mutating func endString() {
        output.append(byte: Ascii.quote)
        endValue()
    }

    /// An integer.
    package mutating func value(_ number: Int64) {
        startValue()
        output.append(decimal: number)
        endValue()
    }

    /// An integer.
    package mutating func value(_ number: Int) {
        value(Int64(number))
    }

    /// The shortest decimal that reads back as the same double; `null` for NaN and infinities, which JSON has not.
    package mutating func value(_ number: Double) {
        startValue()
        if number.isFinite { output.append(string: number.description) } else { output.append("null") }
        endValue()
    }

    /// `true` or `false`.
    package mutating func value(_ truth: Bool) {
        startValue()
        if truth { output.append("true") } else { output.append("false") }
        endValue()
    }

    /// `null`.
    package mutating func null() {
        startValue()
        output.append("null")
        endValue()
    }

    /// A value that is JSON already and is taken as it is.
    package mutating func value(raw json: UnsafeRawBufferPointer) {
        precondition(json.count > 0)
        startValue()
        output.append(json)
        endValue()
    }

    /// A member whose value is a string.
    package mutating func member(_ name: StaticString, _ text: String) {
        key(name)
        value(string: text)
    }

    /// A member whose value is an integer.
    package mutating func member(_ name: StaticString, _ number: Int64) {
        key(name)
        value(number)
    }

    private mutating func startValue() {
        switch state {
        case .value: break
        case .first, .next:
            precondition(objects & 1 == 0, "a member needs its key first")
            if state == .next { output.append(byte: Ascii.comma) }
        case .end: preconditionFailure("the JSON text is complete already")
        }
    }

    private mutating func endValue() {
        state = depth == 0 ? .end : .next
    }

    private mutating func appendString(_ text: String) {
        var text = text
        text.withUTF8 { appendString(UnsafeRawBufferPointer($0)) }
    }

    /// Escapes what must be: quotes, backslashes, control characters (RFC 8259 §7).
    private mutating func appendString(_ text: UnsafeRawBufferPointer) {
        output.reserve(text.count + 2)
        output.append(byte: Ascii.quote)
        appendEscaped(text)
        output.append(byte: Ascii.quote)
    }

    private mutating func appendEscaped(_ text: UnsafeRawBufferPointer) {
        guard let base = text.bindMemory(to: UInt8.self).baseAddress else { return }
        var start = 0
        while start < text.count {
            let plain = tg_json_plain_length(base + start, text.count - start)
            output.append(UnsafeRawBufferPointer(start: base + start, count: plain))
            start += plain
            guard start < text.count else { return }
            appendEscape(base[start])
            start += 1
        }
    }

    private mutating func appendEscape(_ byte: UInt8) {
        output.append(byte: Ascii.backslash)
        switch byte {
        case Ascii.quote, Ascii.backslash: output.append(byte: byte)
        case Ascii.lineFeed: output.append(byte: UInt8(ascii: "n"))
        case Ascii.carriageReturn: output.append(byte: UInt8(ascii: "r"))
        case Ascii.tab: output.append(byte: UInt8(ascii: "t"))
        default:
            output.append("u")
            output.append(hex: UInt64(byte), width: 4)
        }
    }
}
