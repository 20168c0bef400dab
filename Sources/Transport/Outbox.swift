/// Small writes of one turn, kept until some have come and then sent one after the other.
///
/// To send to a peer that sleeps is to wake it, which costs as much as all else about a small piece; a peer that was just woken by
/// the piece before is woken no more. Nothing stays here beyond its turn. Loop-confined.
struct Outbox {
    private struct Entry {
        let socket: Socket
        let range: Range<Int>
    }

    private let arena = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 64)
    private var entries: [Entry] = []
    private var used = 0

    /// Larger ones are sent at once: they are not worth the copy.
    static let largest = 4 * 1024
    /// When so many have come they go: a peer on another processor shall not wait for all of a long turn.
    private static let enough = 16

    var isEmpty: Bool { entries.isEmpty }
    var isDue: Bool { entries.count >= Self.enough }

    /// False if there is no room: flush, and try again.
    mutating func put(_ pieces: Pieces, for socket: Socket) -> Bool {
        guard pieces.count <= arena.count - used else { return false }
        let start = used
        pieces.forEach { piece in
            UnsafeMutableRawBufferPointer(rebasing: arena[used...]).copyMemory(from: piece)
            used += piece.count
        }
        entries.append(Entry(socket: socket, range: start..<used))
        return true
    }

    /// Sends all, in the order in which it came. A socket that was closed meanwhile is passed over.
    mutating func flush() {
        for entry in entries { entry.socket.send(UnsafeRawBufferPointer(rebasing: arena[entry.range])) }
        entries.removeAll(keepingCapacity: true)
        used = 0
    }
}
