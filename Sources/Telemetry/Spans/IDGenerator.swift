import Transport
import Wire

/// Random trace and span ids of one loop (xoshiro256++, seeded by the kernel). They need to be different, not secret. HOT.
struct IDGenerator {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    /// `seed`: 32 bytes; all zero would give zeros for ever and is replaced.
    init(seed: [UInt8] = randomBytes(32)) {
        precondition(seed.count == 32, "xoshiro256++ has 256 bits of state")
        state = seed.withUnsafeBytes { $0.loadUnaligned(as: (UInt64, UInt64, UInt64, UInt64).self) }
        if state == (0, 0, 0, 0) { state = (0x9E37_79B9_7F4A_7C15, 0xBF58_476D_1CE4_E5B9, 0x94D0_49BB_1331_11EB, 1) }
    }

    private mutating func next() -> UInt64 {
        func rotated(_ value: UInt64, _ count: UInt64) -> UInt64 { value << count | value >> (64 - count) }
        let result = rotated(state.0 &+ state.3, 23) &+ state.0
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = rotated(state.3, 45)
        return result
    }

    mutating func spanID() -> SpanID {
        while true {
            if let id = SpanID(next()) { return id }
        }
    }

    mutating func traceID() -> TraceID {
        while true {
            if let id = TraceID(high: next(), low: next()) { return id }
        }
    }
}
