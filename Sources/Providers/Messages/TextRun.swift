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
    package private(set) var parts: [Part]

    package init(_ text: JSONString) { parts = [.json(text)] }

    package init(_ parts: Part...) { self.parts = parts }

    package mutating func append(_ part: Part) { parts.append(part) }

    package mutating func append(_ other: TextRun) { parts.append(contentsOf: other.parts) }

    /// Bytes as they are written.
    package var byteCount: Int {
        parts.reduce(0) { sum, part in
            switch part {
            case .json(let text): sum + text.bytes.count
            case .literal(let text): sum + text.utf8CodeUnitCount
            case .utf8(let bytes): sum + bytes.count
            }
        }
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
        for part in run.parts {
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
