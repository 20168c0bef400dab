/// A name with `*` for any text, also none: `*opus*`, `anthropic-main/claude-*`. Without one it stands for itself. Case counts, but
/// for names of models: some providers take them in any, and nobody is to come past a rule by that.
package struct Glob: Sendable, Hashable, CustomStringConvertible {
    private let text: String
    /// What stands between the asterisks, first and last included.
    private let parts: [[UInt8]]
    /// The same in small letters.
    private let smallParts: [[UInt8]]

    package init(_ text: String) {
        self.text = text
        let parts = text.utf8.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false).map(Array.init)
        self.parts = parts
        smallParts = parts.map { $0.map(ModelName.small) }
    }

    package var description: String { text }

    /// It matches whatever there is.
    package var matchesAll: Bool { parts.count > 1 && parts.allSatisfy(\.isEmpty) }

    /// It stands for one name only.
    package var isExact: Bool { parts.count == 1 }

    package func matches(_ name: String) -> Bool {
        var name = name
        return name.withUTF8 { Self.matches(parts, $0) }
    }

    package func matches(_ name: ModelName) -> Bool {
        var name = name.small
        return name.withUTF8 { Self.matches(smallParts, $0) }
    }

    private static func matches(_ parts: [[UInt8]], _ name: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let first = parts.first, let last = parts.last else { return false }
        if parts.count == 1 { return name.elementsEqual(first) }
        guard name.count >= first.count + last.count, name.starts(with: first) else { return false }
        guard name[(name.count - last.count)...].elementsEqual(last) else { return false }
        var start = first.count
        let end = name.count - last.count
        for part in parts.dropFirst().dropLast() where !part.isEmpty {
            guard let found = find(part, in: name, from: start, to: end) else { return false }
            start = found + part.count
        }
        return true
    }

    private static func find(
        _ part: [UInt8], in name: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int
    ) -> Int? {
        var index = start
        while index + part.count <= end {
            if name[index..<index + part.count].elementsEqual(part) { return index }
            index += 1
        }
        return nil
    }

    package static func == (left: Glob, right: Glob) -> Bool { left.text == right.text }
    package func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

extension [Glob] {
    /// Whether one of them matches.
    package func match(_ name: String) -> Bool { contains { $0.matches(name) } }

    package func match(_ name: ModelName) -> Bool { contains { $0.matches(name) } }
}

/// The name of a model, to be compared with patterns: in small letters. HOT.
package struct ModelName: Sendable {
    package let small: String

    package init(_ name: String) {
        var name = name
        let isSmall = name.withUTF8 { bytes in
            for byte in bytes where byte != Self.small(byte) { return false }
            return true
        }
        small = isSmall ? name : String(decoding: name.utf8.map(Self.small), as: UTF8.self)
    }

    /// Of ASCII alone, as names of models are.
    fileprivate static func small(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }
}
