import CXXHash
import Wire

/// How a body begins: a hash for each piece of it, over all from its first byte to the piece's end.
package struct PrefixTrail: Sendable {
    /// Larger pieces are fewer hashes, smaller ones less to read twice. A multiple of 64, so that scanners end there.
    package static let pieceBytes = 8_192

    /// The end of each piece so far, in order.
    package private(set) var places: [PrefixPlace] = []
    private let start: PrefixPlace

    /// - Parameter caller: whose body it is; what one caller sent is not taken for what another did.
    package init(caller: UInt64) { start = PrefixPlace(low: caller) }

    /// Goes on to the last whole piece that the body has.
    package mutating func goOn(_ body: UnsafeRawBufferPointer, _ hasher: PrefixHasher) {
        var place = places.last ?? start
        while body.count - place.end >= Self.pieceBytes {
            place.add(hasher.hash(body.slice(place.end..<place.end + Self.pieceBytes)), Self.pieceBytes)
            places.append(place)
        }
    }

    /// A place in the body behind its beginning.
    struct Mark {
        /// Whole pieces in front of it.
        fileprivate let pieces: Int
        fileprivate let hash: UInt64
        /// Of what stands between them and the place.
        fileprivate let rest: UInt64
    }

    func mark(_ end: Int, in body: UnsafeRawBufferPointer) -> Mark {
        let pieces = min(end / Self.pieceBytes, places.count)
        return Mark(pieces: pieces, hash: hash(pieces), rest: rest(pieces, end, body))
    }

    /// Whether this body is up to there as that one was.
    func has(_ mark: Mark, at end: Int, in body: UnsafeRawBufferPointer) -> Bool {
        guard mark.pieces <= places.count, (mark.pieces * Self.pieceBytes...body.count).contains(end),
            hash(mark.pieces) == mark.hash
        else { return false }
        return rest(mark.pieces, end, body) == mark.rest
    }

    private func hash(_ pieces: Int) -> UInt64 { pieces == 0 ? 0 : places[pieces - 1].low }

    private func rest(_ pieces: Int, _ end: Int, _ body: UnsafeRawBufferPointer) -> UInt64 {
        SegmentHasher.hash(body.slice(pieces * Self.pieceBytes..<end))
    }
}

/// How far a body has been gone through, and what stood there.
package struct PrefixPlace: Hashable, Sendable {
    /// Bytes; a multiple of a piece's.
    package private(set) var end = 0
    fileprivate private(set) var low: UInt64
    private var high: UInt64 = 0

    fileprivate init(low: UInt64) { self.low = low }

    fileprivate mutating func add(_ hash: XXH128_hash_t, _ count: Int) {
        end += count
        low = withUnsafeBytes(of: (low, high, hash.high64)) { SegmentHasher.hash($0, after: hash.low64) }
        high = hash.high64
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(low) }
}

/// XXH3, 128 bits, with a secret that is drawn at random. It is no cryptographic hash: but who wants two bodies taken for one must
/// hit upon them without the secret and without ever seeing a hash, one request a try, and misleads nobody but himself.
package struct PrefixHasher: Sendable {
    private let secret: [UInt64] = (0..<24).map { _ in .random(in: .min ... .max) }

    package init() {}

    fileprivate func hash(_ piece: UnsafeRawBufferPointer) -> XXH128_hash_t {
        guard let base = piece.baseAddress else { return XXH128_hash_t() }
        return secret.withUnsafeBytes { tg_xxh3_128bits(base, piece.count, $0.baseAddress, $0.count) }
    }
}
