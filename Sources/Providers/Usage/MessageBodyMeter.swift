import Wire

/// Looks at an answer that comes whole (JSON). An answer that comes in one piece is not copied; one that comes in several is
/// gathered, up to a bound.
package struct MessageBodyMeter: ~Copyable, Sendable {
    package private(set) var facts = MessageFacts()
    /// The body was read to its end and is a JSON object.
    package private(set) var isRead = false
    private var gathered = ByteWriter()
    private var isTooLarge = false
    private static let maximumBytes = 16 << 20

    package init() {}

    package mutating func consume(_ bytes: UnsafeRawBufferPointer, isLast: Bool) {
        if isLast, gathered.isEmpty, !isTooLarge { return read(bytes) }
        if gathered.count + bytes.count > Self.maximumBytes {
            isTooLarge = true
            gathered.reset(keepingAtMost: 0)
        }
        guard !isTooLarge else { return }
        gathered.append(bytes)
        if isLast {
            read(gathered.bytes)
            gathered.reset(keepingAtMost: 0)
        }
    }

    private mutating func read(_ bytes: UnsafeRawBufferPointer) {
        do throws(JSONError) {
            var scanner = JSONObjectScanner()
            try facts.read(answer: bytes, &scanner)
            isRead = true
        } catch {
            isRead = false
        }
    }
}
