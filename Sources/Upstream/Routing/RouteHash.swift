/// A hash that is the same in every process and on every machine, with a good mix: shares of sessions are made of it. Not against
/// adversaries, who gain nothing by choosing their target.
package enum RouteHash {
    private static let golden: UInt64 = 0x9E37_79B9_7F4A_7C15

    package static func of(_ bytes: UnsafeRawBufferPointer, seed: UInt64 = 0) -> UInt64 {
        var state = mix(seed &+ golden &* UInt64(truncatingIfNeeded: bytes.count &+ 1))
        var position = 0
        while position < bytes.count {
            let end = min(position + 8, bytes.count)
            var word: UInt64 = 0
            for index in position..<end { word |= UInt64(bytes[index]) << UInt64(8 * (index - position)) }
            state = mix(state ^ word)
            position = end
        }
        return state
    }

    package static func of(_ text: String, seed: UInt64 = 0) -> UInt64 {
        var text = text
        return text.withUTF8 { of(UnsafeRawBufferPointer($0), seed: seed) }
    }

    /// The finalizer of SplitMix64: each bit of the input changes half of the output's.
    static func mix(_ value: UInt64) -> UInt64 {
        var mixed = value &+ golden
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// In the open interval from 0 to 1.
    static func fraction(_ key: UInt64, _ target: UInt64) -> Double {
        (Double(mix(key ^ target) >> 11) + 0.5) * 0x1p-53
    }
}
