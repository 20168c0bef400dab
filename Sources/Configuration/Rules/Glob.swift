/// A name with `*` for any text, also none: `*opus*`, `anthropic-main/claude-*`. Without one it stands for itself; case counts.
package struct Glob: Sendable, Hashable, CustomStringConvertible {
    private let text: String
    /// What stands between the asterisks, first and last included.
    private let parts: [[UInt8]]

    package init(_ text: String) {
        self.text = text
        parts = text.utf8.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false).map(Array.init)
    }

    package var description: String { text }

    /// It matches whatever there is.
    package var matchesAll: Bool { parts.count > 1 && parts.allSatisfy(\.isEmpty) }

    /// It stands for one name only.
    package var isExact: Bool { parts.count == 1 }

    package func matches(_ name: String) -> Bool {
        var name = name
        return name.withUTF8 { matches($0) }
    }

    private func matches(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let first = parts.first, let last = parts.last else { return false }
        if parts.count == 1 { return name.elementsEqual(first) }
        guard name.count >= first.count + last.count, name.starts(with: first) else { return false }
        guard name[(name.count - last.count)...].elementsEqual(last) else { return false }
        var start = first.count
        let end = name.count - last.count
        for part in parts.dropFirst().dropLast() where !part.isEmpty {
            guard let found = Self.find(part, in: name, from: start, to: end) else { return false }
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
}
