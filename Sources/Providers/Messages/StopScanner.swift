import Wire

/// Watches a text for stop sequences where the provider does not (T-11). The longest end of the text that could be the beginning
/// of one is held back. Pure: UTF-8 in, UTF-8 out.
struct StopScanner: Sendable {
    private let sequences: [[UInt8]]
    private var held: [UInt8] = []
    /// The sequence that was found.
    private(set) var found: [UInt8]?

    /// `nil` if there is nothing to watch for.
    init?(_ sequences: [[UInt8]]) {
        let sequences = sequences.filter { !$0.isEmpty }
        if sequences.isEmpty { return nil }
        self.sequences = sequences
    }

    /// What may go on to the client now.
    mutating func pass(_ text: some Sequence<UInt8>) -> [UInt8] {
        guard found == nil else { return [] }
        held.append(contentsOf: text)
        var first: (at: Int, sequence: [UInt8])?
        for sequence in sequences {
            guard let at = Self.position(of: sequence, in: held) else { continue }
            if first.map({ at < $0.at }) ?? true { first = (at, sequence) }
        }
        if let first {
            found = first.sequence
            let before = Array(held[..<first.at])
            held = []
            return before
        }
        let keep = sequences.map { Self.beginning(of: $0, atEndOf: held) }.max() ?? 0
        let ready = Array(held[..<(held.count - keep)])
        held.removeFirst(held.count - keep)
        return ready
    }

    /// The text is over: what was held back belongs to it.
    mutating func end() -> [UInt8] {
        defer { held = [] }
        return held
    }

    private static func position(of sequence: [UInt8], in text: [UInt8]) -> Int? {
        guard text.count >= sequence.count else { return nil }
        return (0...(text.count - sequence.count)).first { text[$0...].starts(with: sequence) }
    }

    private static func beginning(of sequence: [UInt8], atEndOf text: [UInt8]) -> Int {
        var length = min(sequence.count - 1, text.count)
        while length > 0, !text[(text.count - length)...].elementsEqual(sequence[..<length]) { length -= 1 }
        return length
    }
}
