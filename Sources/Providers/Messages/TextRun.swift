import Wire

/// A text put together from parts that stand elsewhere: nothing is copied until it is written.
package struct TextRun {
    package enum Part {
        /// Escaped as JSON.
        case json(JSONString)
        case literal(StaticString)
        /// UTF-8, not escaped: JSON that is shown as text.
        case utf8(UnsafeRawBufferPointer)
    }
    /// Most texts have one part, which needs no list.
    private var first: Part?
    private var others: [Part] = []

    package init(_ text: JSONString) { first = .json(text) }

    package init(_ parts: Part...) {
        first = parts.first
        others = Array(parts.dropFirst())
    }

    package mutating func append(_ part: Part) { if first == nil { first = part } else { others.append(part) } }

    package mutating func append(_ other: TextRun) {
        if let part = other.first { append(part) }
        others.append(contentsOf: other.others)
    }

    /// No part was added, be it an empty one.
    var hasNoParts: Bool { first == nil }

    func forEachPart(_ body: (Part) -> Void) {
        if let first { body(first) }
        for part in others { body(part) }
    }

    /// Bytes as they are written.
    package var byteCount: Int {
        var sum = 0
        forEachPart { part in
            switch part {
            case .json(let text): sum += text.bytes.count
            case .literal(let text): sum += text.utf8CodeUnitCount
            case .utf8(let bytes): sum += bytes.count
            }
        }
        return sum
    }

    package var isEmpty: Bool { byteCount == 0 }
}

extension JSONWriter {
    package mutating func value(_ run: TextRun) {
        beginString()
        append(run)
        endString()
    }

    /// Adds to the open string.
    package mutating func append(_ run: TextRun) {
        run.forEachPart { part in
            switch part {
            case .json(let text): append(text)
            case .literal(let text): append(text)
            case .utf8(let bytes): append(utf8: bytes)
            }
        }
    }

    package mutating func member(_ name: StaticString, _ run: TextRun) {
        key(name)
        value(run)
    }

    package mutating func member(_ name: StaticString, literal: StaticString) {
        key(name)
        value(literal)
    }

    package mutating func member(_ name: StaticString, _ text: JSONString) {
        key(name)
        value(text)
    }
}
