import Wire

/// Bytes cut into pieces. Every piece lies in memory of its own and of exactly its size, so that the address sanitizer sees a
/// read beyond it.
struct Cuts {
    /// Where the pieces end, growing; the last one is the end of the bytes.
    let ends: [Int]

    /// Whole, byte by byte where that is cheap, and at a few places that follow from the bytes.
    static func ways(_ bytes: UnsafeRawBufferPointer) -> [Cuts] {
        var ways = [Cuts(ends: [bytes.count])]
        guard bytes.count > 1 else { return ways }
        ways.append(Cuts(drawnFor: bytes))
        if bytes.count <= 256 { ways.append(Cuts(ends: Array(1...bytes.count))) }
        return ways
    }

    private init(ends: [Int]) { self.ends = ends }

    /// Up to eight cuts.
    private init(drawnFor bytes: UnsafeRawBufferPointer) {
        var draw = Draw(bytes)
        let cuts = (0..<draw.below(8) + 1).map { _ in draw.below(bytes.count) }
        ends = Set(cuts).subtracting([0]).sorted() + [bytes.count]
    }

    /// Gives away piece by piece.
    func forEach(_ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        var start = 0
        for end in ends {
            try Self.withCopy(bytes.slice(start..<end), body)
            start = end
        }
    }

    /// Gives away what has arrived with each piece: all bytes from the first one.
    func forEachPrefix(_ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        for end in ends { try Self.withCopy(bytes.slice(0..<end), body) }
    }

    /// Lends a copy in memory of exactly its size.
    static func withCopy<Result>(
        _ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        defer { copy.deallocate() }
        copy.copyMemory(from: bytes)
        return try body(UnsafeRawBufferPointer(copy))
    }
}

/// Numbers that follow from bytes alone: the same input is always tried in the same way.
struct Draw {
    private var state: UInt64 = 0xCBF2_9CE4_8422_2325

    init(_ bytes: UnsafeRawBufferPointer) {
        for byte in bytes { state = (state ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }

    /// One number for all bytes.
    static func sum(_ bytes: UnsafeRawBufferPointer) -> UInt64 { Draw(bytes).state }

    /// 0..<limit.
    mutating func below(_ limit: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ mixed >> 31) % UInt64(limit))
    }
}
