/// Holds back the beginning of a server-sent event until its end has come, so that what a client has received always ends
/// between two events: a ping or an error event may then be put there, whatever happened upstream.
///
/// Nothing is lost for the client, which cannot use a part of an event. Pure: bytes in, bytes out. Each byte is looked at once, in
/// however small pieces an event comes.
struct EventHold {
    private var held: [UInt8] = []
    /// The last four bytes of what came before, the last one lowest: an end may be cut.
    private var recent: UInt32 = 0
    /// An event larger than this is passed on in pieces, in bytes.
    private static let limit = 256 * 1024

    /// The client has the beginning of an event and not its end.
    private(set) var isInsideEvent = false

    var isEmpty: Bool { held.isEmpty }

    /// Calls `send` with what may go now, if anything: what was held, and what follows it.
    mutating func pass(
        _ bytes: UnsafeRawBufferPointer, isLast: Bool,
        send: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Void
    ) {
        let end = isLast ? bytes.count : Self.boundary(bytes, after: recent)
        remember(bytes)
        if end > 0 || (isLast && !held.isEmpty) {
            release(with: UnsafeRawBufferPointer(rebasing: bytes[..<end]), send)
            isInsideEvent = false
        }
        guard end < bytes.count else { return }
        held.append(contentsOf: bytes[end...])
        guard held.count > Self.limit else { return }
        release(with: UnsafeRawBufferPointer(start: nil, count: 0), send)
        isInsideEvent = true
    }

    private mutating func remember(_ bytes: UnsafeRawBufferPointer) {
        if bytes.count >= 4 {
            recent = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: bytes.count - 4, as: UInt32.self))
        } else {
            for byte in bytes { recent = recent << 8 | UInt32(byte) }
        }
    }

    private mutating func release(
        with bytes: UnsafeRawBufferPointer, _ send: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Void
    ) {
        guard !held.isEmpty || !bytes.isEmpty else { return }
        held.withUnsafeBytes { send($0, bytes) }
        held.removeAll()
    }

    /// Behind the last blank line (`\n\n` or `\r\n\r\n`) that ends in `bytes`, or 0.
    ///
    /// - Parameter recent: the four bytes before them.
    static func boundary(_ bytes: UnsafeRawBufferPointer, after recent: UInt32 = 0) -> Int {
        func byte(_ index: Int) -> UInt8 {
            index >= 0 ? bytes[index] : UInt8(truncatingIfNeeded: recent >> UInt32(8 * (-index - 1)))
        }
        var end = bytes.count
        while end >= 1 {
            if bytes[end - 1] == 0x0A {
                let before = byte(end - 2)
                if before == 0x0A || (before == 0x0D && byte(end - 3) == 0x0A && byte(end - 4) == 0x0D) { return end }
            }
            end -= 1
        }
        return 0
    }
}
