import CXXHash
import Wire

/// Hashes parts of a prompt (XXH3, 64 bits) so that two have the same hash if they are the same to a model: `cache_control` left
/// out, a lone string as the block of text for which it stands.
struct SegmentHasher: ~Copyable {
    struct Found {
        let hash: UInt64
        /// Of what was hashed.
        let bytes: Int
        /// The last breakpoint.
        var mark: CacheMark?
    }

    private let text: UnsafeRawBufferPointer
    private var cuts: CacheCuts
    private var scratch = ByteWriter()

    /// - Parameters:
    ///   - text: JSON without white space between its parts; must outlive the hasher.
    ///   - start: no part in front of it will be asked for.
    init(_ text: UnsafeRawBufferPointer, from start: Int = 0) {
        self.text = text
        cuts = CacheCuts(text, from: start)
    }

    /// - Parameters:
    ///   - part: of the text; parts must come in their order.
    ///   - string: the content of it, if that is a string, with its quotes; or the part itself, for a block of text.
    mutating func hash(_ part: Range<Int>, string: Range<Int>? = nil) -> Found {
        let cuts = cuts.take(in: part)
        if cuts.isEmpty, string == nil { return Found(hash: Self.hash(text.slice(part)), bytes: part.count) }
        scratch.reset()
        var start = part.lowerBound
        for cut in cuts {
            append(start..<cut.range.lowerBound, string, isBlock: string == part)
            start = cut.range.upperBound
        }
        append(start..<part.upperBound, string, isBlock: string == part)
        return Found(hash: scratch.withBytes(Self.hash), bytes: scratch.count, mark: cuts.last { $0.mark != nil }?.mark)
    }

    private mutating func append(_ range: Range<Int>, _ string: Range<Int>?, isBlock: Bool) {
        guard let string, range.lowerBound <= string.lowerBound, range.upperBound >= string.upperBound else {
            return scratch.append(text.slice(range))
        }
        scratch.append(text.slice(range.lowerBound..<string.lowerBound))
        if !isBlock { scratch.append("[") }
        scratch.append("{\"type\":\"text\",\"text\":")
        scratch.append(text.slice(string))
        scratch.append(isBlock ? "}" : "}]")
        scratch.append(text.slice(string.upperBound..<range.upperBound))
    }

    /// Of bytes as they are.
    static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        guard let base = bytes.baseAddress else { return 0 }
        return tg_xxh3_64bits(base, bytes.count)
    }

    /// Of bytes behind others, whose hash is known.
    static func hash(_ bytes: UnsafeRawBufferPointer, after hash: UInt64) -> UInt64 {
        guard let base = bytes.baseAddress else { return hash }
        return XXH3_64bits_withSeed(base, bytes.count, hash)
    }

    /// Of several hashes in their order.
    static func join(_ one: UInt64, _ other: UInt64) -> UInt64 {
        withUnsafeBytes(of: other) { hash($0, after: one) }
    }
}
