/// Holds back the beginning of a server-sent event until its end has come, so that what a client has received always ends
/// between two events: a ping or an error event may then be put there, whatever happened upstream.
///
/// Nothing is lost for the client, which cannot use a part of an event. Pure: bytes in, bytes out.
struct EventHold {
    private var held: [UInt8] = []
    /// An event larger than this is passed on in pieces, in bytes.
    private static let limit = 256 * 1024

    /// The client has the beginning of an event and not its end.
    private(set) var isInsideEvent = false

    var isEmpty: Bool { held.isEmpty }

    /// Calls `send` with what may go now, if anything.
    mutating func pass(_ bytes: UnsafeRawBufferPointer, isLast: Bool, send: (UnsafeRawBufferPointer) -> Void) {
        if held.isEmpty {
            let end = isLast ? bytes.count : Self.boundary(bytes)
            if end > 0 { send(UnsafeRawBufferPointer(rebasing: bytes[..<end])) }
            if end > 0 { isInsideEvent = false }
            held.append(contentsOf: bytes[end...])
        } else {
            held.append(contentsOf: bytes)
            let end = isLast ? held.count : held.withUnsafeBytes { Self.boundary($0) }
            guard end > 0 else { return releaseIfLarge(send) }
            held.withUnsafeBytes { send(UnsafeRawBufferPointer(rebasing: $0[..<end])) }
            isInsideEvent = false
            held.removeFirst(end)
        }
        releaseIfLarge(send)
    }

    private mutating func releaseIfLarge(_ send: (UnsafeRawBufferPointer) -> Void) {
        guard held.count > Self.limit else { return }
        held.withUnsafeBytes { send($0) }
        held.removeAll()
        isInsideEvent = true
    }

    /// Behind the last blank line (`\n\n` or `\r\n\r\n`), or 0.
    static func boundary(_ bytes: UnsafeRawBufferPointer) -> Int {
        var index = bytes.count
        while index >= 2 {
            if bytes[index - 1] == 0x0A {
                if bytes[index - 2] == 0x0A { return index }
                if index >= 4, bytes[index - 2] == 0x0D, bytes[index - 3] == 0x0A, bytes[index - 4] == 0x0D {
                    return index
                }
            }
            index -= 1
        }
        return 0
    }
}
